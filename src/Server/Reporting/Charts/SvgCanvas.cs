using System.Globalization;
using System.Net;
using System.Text;

namespace Apex.Server.Reporting.Charts;

/// <summary>Shapes of one SVG picture. Colours come from the classes' styles, so that a picture follows light, dark and print.</summary>
internal sealed class SvgCanvas(double width, double height)
{
    private readonly StringBuilder _shapes = new();

    public double Width => width;

    public double Height => height;

    public void Line(double x1, double y1, double x2, double y2, string style) => _shapes.Append(
        CultureInfo.InvariantCulture, $"<line class=\"{style}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    /// <param name="told">What a pointer that rests on it is told.</param>
    public void Rectangle(double x, double y, double w, double h, string style, string? told = null, double? opacity = null)
    {
        _shapes.Append(CultureInfo.InvariantCulture, $"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0, w):0.##}\" height=\"{Math.Max(0, h):0.##}\"");
        if (opacity is { } strength)
            _shapes.Append(CultureInfo.InvariantCulture, $" fill-opacity=\"{strength:0.###}\"");
        Close("rect", told);
    }

    public void Circle(double x, double y, double radius, string style, string? told = null)
    {
        _shapes.Append(CultureInfo.InvariantCulture, $"<circle class=\"{style}\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.#}\"");
        Close("circle", told);
    }

    public void Path(string path, string style) => _shapes.Append(CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"{path}\"/>");

    /// <param name="anchor">start, middle or end.</param>
    public void Text(double x, double y, string text, string style = "tick", string anchor = "start") => _shapes.Append(
        CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Encode(text)}</text>");

    /// <summary>The picture for use inside a page that holds <see cref="SvgStyle"/>.</summary>
    public string Finish(string title) => Finish(title, "");

    /// <summary>The picture as a file of its own, styles included.</summary>
    public string FinishAlone(string title) => Finish(title, SvgStyle.Alone);

    private string Finish(string title, string before) => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 {width:0.#} {height:0.#}\" role=\"img\" aria-label=\"{Encode(title)}\">{before}{_shapes}</svg>");

    private void Close(string name, string? told)
    {
        if (told is null)
            _shapes.Append("/>");
        else
            _shapes.Append("><title>").Append(Encode(told)).Append("</title></").Append(name).Append('>');
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}

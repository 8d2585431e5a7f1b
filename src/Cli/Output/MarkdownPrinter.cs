using System.Globalization;
using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Spectre.Console;
using Table = Markdig.Extensions.Tables.Table;
using TableRow = Markdig.Extensions.Tables.TableRow;

namespace Apex.Cli.Output;

/// <summary>Prints an answer's Markdown in a terminal: headings, lists and tables; links to figures show their text alone.</summary>
internal sealed class MarkdownPrinter(IAnsiConsole console)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    public void Print(string markdown)
    {
        foreach (var block in Markdown.Parse(markdown, Pipeline))
            Print(block, indent: "");
    }

    private void Print(Block block, string indent)
    {
        switch (block)
        {
            case HeadingBlock heading:
                console.MarkupLine($"[bold underline]{Inline(heading.Inline)}[/]");
                console.WriteLine();
                break;
            case ParagraphBlock paragraph when Inline(paragraph.Inline) is { Length: > 0 } text:
                Wrapped(indent, text);
                if (indent.Length == 0)
                    console.WriteLine();
                break;
            case ListBlock list:
                PrintList(list, indent);
                break;
            case Table table:
                PrintTable(table);
                break;
            case QuoteBlock quote:
                foreach (var inner in quote)
                    Print(inner, indent + "│ ");
                break;
            case FencedCodeBlock code:
                foreach (var line in code.Lines.ToString().Split('\n'))
                    console.WriteLine(indent + line);
                console.WriteLine();
                break;
            case ThematicBreakBlock:
                console.WriteLine();
                break;
            default:
                break;
        }
    }

    private void PrintList(ListBlock list, string indent)
    {
        var number = int.TryParse(list.OrderedStart, CultureInfo.InvariantCulture, out var start) ? start : 1;
        foreach (var item in list.OfType<ListItemBlock>())
        {
            var mark = list.IsOrdered ? $"{number++}. " : "• ";
            var first = true;
            foreach (var inner in item)
            {
                Print(inner, first ? indent + mark : indent + new string(' ', mark.Length));
                first = false;
            }
        }

        if (indent.Length == 0)
            console.WriteLine();
    }

    private void Wrapped(string indent, string markup)
    {
        if (indent.Length == 0)
        {
            console.MarkupLine(markup);
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(0).PadRight(0)).AddColumn(new GridColumn().PadLeft(0));
        grid.AddRow(Markup.Escape(indent), markup);
        console.Write(grid);
    }

    private void PrintTable(Table table)
    {
        var printed = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (var row in table.OfType<TableRow>())
        {
            var cells = row.OfType<TableCell>().Select(CellText).ToArray();
            if (row.IsHeader)
                AddColumns(printed, table, cells);
            else
                printed.AddRow(cells.Take(printed.Columns.Count).ToArray());
        }

        console.Write(printed);
        console.WriteLine();
    }

    private static void AddColumns(Spectre.Console.Table printed, Table table, string[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            var column = new TableColumn($"[bold]{cells[i]}[/]");
            var right = i < table.ColumnDefinitions.Count && table.ColumnDefinitions[i].Alignment == TableColumnAlign.Right;
            printed.AddColumn(right ? column.RightAligned() : column);
        }
    }

    private static string CellText(TableCell cell) =>
        string.Join(' ', cell.OfType<ParagraphBlock>().Select(p => Inline(p.Inline)));

    private static string Inline(ContainerInline? inlines)
    {
        var text = new StringBuilder();
        foreach (var inline in inlines ?? Enumerable.Empty<Inline>())
            Append(text, inline);
        return text.ToString().Trim();
    }

    private static void Append(StringBuilder text, Inline inline)
    {
        switch (inline)
        {
            case LiteralInline literal:
                text.Append(Markup.Escape(literal.Content.ToString()));
                break;
            case CodeInline code:
                text.Append("[grey]").Append(Markup.Escape(code.Content)).Append("[/]");
                break;
            case LineBreakInline:
                text.Append(' ');
                break;
            case LinkInline { IsImage: true }:
                break;
            case EmphasisInline emphasis:
                text.Append(emphasis.DelimiterCount > 1 ? "[bold]" : "[italic]").Append(Inline(emphasis)).Append("[/]");
                break;
            case ContainerInline container:
                text.Append(Inline(container));
                break;
            default:
                text.Append(Markup.Escape(inline.ToString() ?? ""));
                break;
        }
    }
}

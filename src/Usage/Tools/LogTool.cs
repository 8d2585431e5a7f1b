using System.Text.Json;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools;

/// <summary>A tool that asks the usage log: checks arguments, sums the rows in question, then lets the tool answer.</summary>
internal abstract class LogTool(string name, string number, string purpose, params ArgumentSpec[] ownArguments) : IUsageTool
{
    private ArgumentSpec[] Arguments => field ??= [ArgumentSpec.Window, ArgumentSpec.Filters, ArgumentSpec.Include(Included), .. ownArguments];

    public string Name { get; } = name;

    public string Number { get; } = number;

    public string Purpose { get; } = purpose;

    public JsonElement ArgumentsSchema => field.ValueKind == JsonValueKind.Undefined ? field = ArgumentSchema.Of(Arguments) : field;

    /// <summary>Raised whenever figures could change.</summary>
    protected virtual string Version => "1";

    /// <summary>Rows left out of sums elsewhere that this tool counts unless told otherwise (see <see cref="CountedRows.Names"/>).</summary>
    protected virtual string[] Included => [];

    public async Task<ResultEnvelope> RunAsync(ToolRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var arguments = ToolArguments.Read(request.Arguments, Arguments);
        var inquiry = await Inquiry.StartAsync(this, Version, request, arguments, cancellationToken);
        return await AnswerAsync(inquiry, cancellationToken);
    }

    protected abstract Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken);
}

using System.Text.Json;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools;

/// <summary>A tool that asks the usage log: checks arguments, sums the rows in question, then lets the tool answer.</summary>
internal abstract class LogTool(string name, string number, string purpose, params ArgumentSpec[] ownArguments) : IUsageTool
{
    private readonly ArgumentSpec[] _arguments = [ArgumentSpec.Window, ArgumentSpec.Filters, .. ownArguments];

    public string Name { get; } = name;

    public string Number { get; } = number;

    public string Purpose { get; } = purpose;

    public JsonElement ArgumentsSchema => field.ValueKind == JsonValueKind.Undefined ? field = ArgumentSchema.Of(_arguments) : field;

    /// <summary>Raised whenever figures could change.</summary>
    protected virtual string Version => "1";

    public async Task<ResultEnvelope> RunAsync(ToolRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var arguments = ToolArguments.Read(request.Arguments, _arguments);
        var inquiry = await Inquiry.StartAsync(this, Version, request, arguments, cancellationToken);
        return await AnswerAsync(inquiry, cancellationToken);
    }

    protected abstract Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken);
}

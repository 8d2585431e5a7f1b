using System.CommandLine;
using System.Globalization;
using Apex.Cli.Access;
using Apex.Cli.Output;
using Apex.Client;
using Apex.Protocol.Http;
using Apex.Usage.Import;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex import</c> and <c>apex demo</c>: bring usage into the log; how their jobs are followed.</summary>
internal static class ImportCommand
{
    /// <summary>Above this, a broken connection must not cost what was sent.</summary>
    private const long LeastBytesInParts = 64 * 1024 * 1024;

    private const int MostLooksAway = 60;
    private static readonly TimeSpan LookAgainEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var files = new Argument<string[]>("file") { Description = "Usage logs, plain or gzip.", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format")
        {
            Description = $"{string.Join(", ", ImportFormats.Names)}, or the name of a saved column mapping.",
            DefaultValueFactory = _ => "auto",
        };
        var assumed = new Option<string?>("--assume-model") { Description = "Model of rows that name none; marked as assumed." };
        var command = new Command("import", "Import usage logs.") { files, format, assumed };
        command.SetAction((parsed, cancellationToken) =>
        {
            var parameters = new Dictionary<string, string> { ["format"] = parsed.GetValue(format)! };
            if (parsed.GetValue(assumed) is { } model)
                parameters["assumed_model"] = model;
            return ImportFilesAsync(
                options, terminal, parsed, parsed.GetValue(files)!,
                (api, content, name, token) => content.Length > LeastBytesInParts
                    ? api.ImportInPartsAsync(content, name, parameters, TimeProvider.System, token)
                    : api.ImportAsync(content, name, parameters, token), cancellationToken);
        });
        return command;
    }

    public static Command CreateDemo(SettingOptions options, Terminal terminal)
    {
        var days = new Option<int?>("--days") { Description = "Days of history." };
        var seed = new Option<int?>("--seed") { Description = "Equal seeds generate equal rows." };
        var command = new Command("demo", "Load a generated organisation's usage; every row is labelled as generated.") { days, seed };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var job = await access.Api.LoadDemonstrationAsync(
                new DemoRequest(parsed.GetValue(seed), parsed.GetValue(days)), cancellationToken);
            return await FollowAsync(access.Api, job, "demonstration data", terminal, cancellationToken);
        });
        return command;
    }

    internal static async Task<int> ImportFilesAsync(
        SettingOptions options, Terminal terminal, ParseResult parsed, string[] files,
        Func<ApexApi, Stream, string, CancellationToken, Task<JobReply>> upload, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (!File.Exists(file))
                throw new UsageException($"There is no file {file}.");
        }

        var code = ExitCode.Done;
        await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
        foreach (var file in files)
        {
            await using var content = File.OpenRead(file);
            var job = await upload(access.Api, content, Path.GetFileName(file), cancellationToken);
            code = Math.Max(code, await FollowAsync(access.Api, job, Path.GetFileName(file), terminal, cancellationToken));
        }

        return code;
    }

    internal static async Task<int> FollowAsync(
        ApexApi api, JobReply job, string name, Terminal terminal, CancellationToken cancellationToken)
    {
        var view = await LookAsync(api, job.JobId, cancellationToken);
        await terminal.Notes.Progress().HideCompleted(true).AutoClear(true).StartAsync(async progress =>
        {
            var bar = progress.AddTask(Markup.Escape(name), maxValue: 1);
            while (view.State is JobState.Queued or JobState.Running)
            {
                await Task.Delay(LookEvery, cancellationToken);
                view = await LookAsync(api, job.JobId, cancellationToken);
                bar.IsIndeterminate = view.BytesTotal is null or 0;
                bar.Value = view.BytesTotal is > 0 and var total ? (double)view.BytesRead / total : 0;
                bar.Description = $"{Markup.Escape(name)} [grey]{view.RowsRead.ToString("N0", CultureInfo.InvariantCulture)} rows[/]";
            }
        });

        ImportSummary.Print(view, name, terminal);
        return view.State == JobState.Completed ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>A server that restarts goes on with the import, so its absence for a while ends nothing.</summary>
    private static async Task<ImportJobView> LookAsync(ApexApi api, string jobId, CancellationToken cancellationToken)
    {
        for (var away = 1; ; away++)
        {
            try
            {
                return await api.GetImportAsync(jobId, cancellationToken);
            }
            catch (ServerUnreachableException) when (away < MostLooksAway)
            {
                await Task.Delay(LookAgainEvery, cancellationToken);
            }
        }
    }
}

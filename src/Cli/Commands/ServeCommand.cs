using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using Apex.Agents.ChatModels;
using Apex.Cli.Settings;
using Apex.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("serve", "Run the server with its page.");
        options.AddServing(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = options.Read(parsed);
            await using var server = Build(settings, settings.Port, staying: true);
            try
            {
                await server.StartAsync(cancellationToken);
            }
            catch (Exception e) when (e is StartupFailedException or IOException)
            {
                throw new CommandFailedException(ExitCode.Failed, e.Message, e);
            }

            var address = server.GetAddress();
            terminal.Results.MarkupLine($"Apex is at [bold link]{Markup.Escape(address.ToString().TrimEnd('/'))}[/]");
            terminal.Notes.MarkupLine($"[grey]data in {Markup.Escape(settings.DataFolder)} · stop with Ctrl+C[/]");
            FirstRunNotice.Show(server.TakeFirstRunCredentials(), terminal);
            await server.WaitForShutdownAsync(cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    /// <param name="staying">The server is there for others too, not for the length of one command.</param>
    /// <exception cref="UsageException">A setting has a value it cannot have.</exception>
    public static WebApplication Build(SettingsInForce settings, int port, bool staying)
    {
        var level = settings.Choice<LogLevel>(KnownSettings.LogLevel);
        return ApexServerSetup.BuildApexServer(
            OptionsFrom(settings, port, staying), builder => builder.Logging.SetMinimumLevel(level));
    }

    private static ApexServerOptions OptionsFrom(SettingsInForce settings, int port, bool staying)
    {
        var options = new ApexServerOptions
        {
            DataFolder = settings.DataFolder,
            Port = port,
            AnnounceToOwner = staying,
            Urls = staying ? settings.Text(KnownSettings.Urls) : null,
            PageFolder = settings.Text(KnownSettings.Page),
            Durability = settings.Choice<Storage.Durability>(KnownSettings.Durability),
            AdminEmail = settings.Text(KnownSettings.AdminEmail),
            AdminPassword = settings.Text(KnownSettings.AdminPassword),
            Registration = settings.Choice<RegistrationPolicy>(KnownSettings.Registration),
            AllowedOrigins = settings.Text(KnownSettings.AllowedOrigins)
                ?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            DevelopmentLogin = settings.Flag(KnownSettings.DevelopmentLogin),
            BypassKey = settings.Text(KnownSettings.BypassKey),
            TokenInQuery = settings.Flag(KnownSettings.TokenInQuery),
            Production = settings.Flag(KnownSettings.Production),
            OperatorWebhook = settings.Text(KnownSettings.OperatorWebhook) is { } webhook ? new Uri(webhook, UriKind.RelativeOrAbsolute) : null,
            OperatorWebhookSecret = settings.Text(KnownSettings.OperatorWebhookSecret),
            ResultRetention = settings.KeepResults,
            QualityShare = settings.QualityShare,
            Approvals = ApprovalSetting.Read(settings),
            Configuration = AgentSetting.Read(settings),
            Tiers = TierSetting.Read(settings),
            McpConfiguration = settings.Text(KnownSettings.McpConfiguration),
            Models = [.. new[] { KnownSettings.Model, KnownSettings.SecondModel }.Select(model => model.Read(settings)).OfType<ChatModelOptions>()],
        };
        try
        {
            options.Validate();
        }
        catch (ValidationException e)
        {
            throw new UsageException(e.Message);
        }

        return options;
    }
}

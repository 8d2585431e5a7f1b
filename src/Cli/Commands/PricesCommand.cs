using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Apex.Cli.Access;
using Apex.Usage.Prices;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex prices</c>: imports price lists, sets prices of one's own models, and the contract's discounts.</summary>
internal static class PricesCommand
{
    public static Command Create(SettingOptions options, Terminal terminal) => new("prices", "Prices of models.")
    {
        Import(options, terminal), Set(options, terminal), Forget(options, terminal), Discount(options, terminal), Show(options, terminal),
    };

    private static Command Import(SettingOptions options, Terminal terminal)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "LiteLLM's price map (JSON) or a dated history (CSV).", Arity = ArgumentArity.OneOrMore,
        };
        var from = new Option<string?>("--from") { Description = "From when a map's prices hold, for instance 2026-07-24." };
        var command = new Command("import", "Import prices and price the log anew.") { files, from };
        command.SetAction((parsed, cancellationToken) =>
        {
            var parameters = new Dictionary<string, string>();
            if (parsed.GetValue(from) is { } date)
                parameters["effective_from"] = date;
            return ImportCommand.ImportFilesAsync(
                options, terminal, parsed, parsed.GetValue(files)!,
                (api, content, name, token) => api.ImportPricesAsync(content, name, parameters, token), cancellationToken);
        });
        return command;
    }

    private static Command Set(SettingOptions options, Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "Exactly as calls name it." };
        var prices = new PriceOptions();
        var command = new Command("set", "Set the price of a model of your own, in US dollars per million tokens.") { model };
        prices.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var own = prices.Read(parsed, parsed.GetValue(model)!);
            if (own.Problem() is { } problem)
                throw new UsageException(problem);
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var body = JsonSerializer.SerializeToElement(own, PriceJson.Default.OwnPrice);
            var job = await access.Api.SetOwnPriceAsync(body, cancellationToken);
            return await ImportCommand.FollowAsync(access.Api, job, own.Model, terminal, cancellationToken);
        });
        return command;
    }

    private static Command Forget(SettingOptions options, Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "A model set by 'apex prices set'." };
        var command = new Command("forget", "Forget what you set for a model, and price the log anew.") { model };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var job = await access.Api.ForgetOwnPriceAsync(parsed.GetValue(model)!, cancellationToken);
            return await ImportCommand.FollowAsync(access.Api, job, parsed.GetValue(model)!, terminal, cancellationToken);
        });
        return command;
    }

    private static Command Discount(SettingOptions options, Terminal terminal)
    {
        var prefix = new Argument<string>("prefix") { Description = "Models whose price key begins so; \"\" for all." };
        var percent = new Option<decimal>("--percent") { Description = "Taken off the list price, 0 to 100; 0 ends the discount.", Required = true };
        var from = new Option<DateTimeOffset?>("--from") { Description = "From when it holds.", CustomParser = PriceOptions.Moment };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Before when it holds.", CustomParser = PriceOptions.Moment };
        var command = new Command("discount", "Set your contract's discount on list prices.") { prefix, percent, from, to };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var mine = new ContractDiscount(
                parsed.GetValue(prefix)!, parsed.GetValue(percent) / 100, parsed.GetValue(from), parsed.GetValue(to));
            if (mine.Problem() is { } problem)
                throw new UsageException(problem);
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var held = (await access.Api.GetDiscountsAsync(cancellationToken)).Deserialize(PriceJson.Default.IReadOnlyListContractDiscount) ?? [];

            // The first that fits a call holds, so the narrower ones come first.
            IReadOnlyList<ContractDiscount> changed =
            [
                .. held.Where(other => other.ModelPrefix != mine.ModelPrefix || other.From != mine.From)
                    .Concat(mine.Share == 0 ? [] : [mine]).OrderByDescending(other => other.ModelPrefix.Length),
            ];
            var body = JsonSerializer.SerializeToElement(changed, PriceJson.Default.IReadOnlyListContractDiscount);
            var job = await access.Api.SetDiscountsAsync(body, cancellationToken);
            return await ImportCommand.FollowAsync(access.Api, job, "contract discounts", terminal, cancellationToken);
        });
        return command;
    }

    private static Command Show(SettingOptions options, Terminal terminal)
    {
        var command = new Command("show", "Show your own prices and discounts.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var own = (await access.Api.GetOwnPricesAsync(cancellationToken)).Deserialize(PriceJson.Default.IReadOnlyListOwnPrice) ?? [];
            var discounts = (await access.Api.GetDiscountsAsync(cancellationToken)).Deserialize(PriceJson.Default.IReadOnlyListContractDiscount) ?? [];
            foreach (var price in own)
                terminal.Results.MarkupLine($"{Markup.Escape(price.Model)}{Since(price.From)}: input {Dollars(price.Input)}, cached {Dollars(price.CacheRead)}, output {Dollars(price.Output)} per million tokens");
            foreach (var discount in discounts)
                terminal.Results.MarkupLine($"{Markup.Escape(discount.ModelPrefix.Length == 0 ? "all models" : discount.ModelPrefix + "…")}{Since(discount.From)}: {(discount.Share * 100).ToString("0.##", CultureInfo.InvariantCulture)} % off");
            if (own.Count + discounts.Count == 0)
                terminal.Notes.WriteLine("No prices of your own and no discounts are set.");
            return ExitCode.Done;
        });
        return command;
    }

    private static string Since(DateTimeOffset? from) =>
        from is { } date ? date.ToString(" 'from' yyyy-MM-dd", CultureInfo.InvariantCulture) : "";

    private static string Dollars(decimal? price) => price is { } told ? "$" + told.ToString("0.######", CultureInfo.InvariantCulture) : "–";
}

using System.Text;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Import.Otlp;

/// <summary>Bodies as strangers send them.</summary>
public sealed class OtlpTracesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SomeTrace Whole = SomeTrace.Of(SomeTrace.Chat("aa01", 120, 30), SomeTrace.Chat("aa02", 7, 1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void However_a_body_is_damaged_it_is_read_or_refused_and_nothing_else(bool isJson)
    {
        var body = isJson ? Encoding.UTF8.GetBytes(Whole.ToJson()) : Whole.ToProtobuf();
        var damage = from at in Gen.Choose(0, body.Length - 1)
                     from value in Gen.Choose(0, 255)
                     from kept in Gen.Choose(0, body.Length)
                     from cuts in Gen.Choose(0, 3)
                     select (At: at, Value: (byte)value, Kept: cuts == 0 ? kept : body.Length);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(damage.ToArbitrary(), hit =>
        {
            var damaged = body.ToArray();
            damaged[hit.At] = hit.Value;
            try
            {
                var read = OtlpTraces.Read(new TenantId("acme"), damaged.AsMemory(0, hit.Kept), isJson, PriceBook.Empty, Now);
                return read.Calls.Count + read.Rejected + read.Passed <= 10;
            }
            catch (UsageImportException)
            {
                return true;
            }
        }));
    }

    [Fact]
    public void A_span_that_begins_later_than_tomorrow_is_rejected_with_its_time()
    {
        var later = (ulong)Now.AddDays(2).ToUnixTimeSeconds() * 1_000_000_000;

        var read = OtlpTraces.Read(
            new TenantId("acme"), SomeTrace.Of(SomeTrace.Chat("01", 1, 1) with { StartNanos = later }).ToProtobuf(), isJson: false, PriceBook.Empty, Now);

        Assert.Equal((0, 1L), (read.Calls.Count, read.Rejected));
        Assert.Contains("2026-06-03", Assert.Single(read.Reasons).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_priced_and_carry_the_ids_a_file_of_the_same_spans_would_give_them()
    {
        var read = OtlpTraces.Read(new TenantId("acme"), Whole.ToProtobuf(), isJson: false, PriceBook.Builtin, Now);

        Assert.Equal(["0102:aa01", "0102:aa02"], read.Calls.Select(call => call.SourceId));
        Assert.All(read.Calls, call => Assert.NotNull(call.CostList));
        Assert.Equal(UsageEventKey.EventId(new TenantId("acme"), "otlp", "0102:aa01"), read.Calls[0].EventId);
    }
}

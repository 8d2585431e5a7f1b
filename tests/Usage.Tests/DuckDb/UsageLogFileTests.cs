using System.ComponentModel.DataAnnotations;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Native;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

public sealed class UsageLogFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("apex-usage-");

    private string Path => System.IO.Path.Combine(folder.FullName, "usage.duckdb");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_appended_is_there_after_reopening_and_keeps_its_order()
    {
        await using (var log = await OpenAsync())
            await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(3_000), CancellationToken.None);

        await using var reopened = await OpenAsync();
        var stored = await reopened.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(3_001), CancellationToken.None);

        Assert.Equal(1, stored);
        Assert.Equal(3_001, (await reopened.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None))!.Rows);
    }

    [Fact]
    public async Task What_was_appended_survives_a_crash()
    {
        var copy = System.IO.Path.Combine(folder.FullName, "after-crash.duckdb");
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(3_000), CancellationToken.None);

            // What stands on disk while the log is still open is what a killed process leaves behind.
            File.Copy(Path, copy);
            File.Copy($"{Path}.wal", $"{copy}.wal");
        }

        await using var recovered = await DuckDbUsageLog.OpenAsync(
            new DuckDbUsageLogOptions { Path = copy }, TimeProvider.System, CancellationToken.None);
        var calls = await recovered.FindAsync(SomeCalls.Tenant, [SomeCalls.Call(2_999).EventId], CancellationToken.None);

        Assert.Equal(3_000, (await recovered.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None))!.Rows);
        Assert.Equivalent(SomeCalls.Call(2_999), Assert.Single(calls), strict: true);
    }

    [Fact]
    public async Task A_log_open_in_this_process_is_not_opened_twice()
    {
        await using var log = await OpenAsync();

        var error = await Assert.ThrowsAsync<UsageLogException>(OpenAsync);

        Assert.Equal(UsageLogFault.InUse, error.Fault);
    }

    [Fact]
    public async Task A_log_open_in_another_process_is_named_in_use()
    {
        await using (await OpenAsync())
        {
        }

        using var holder = LockHolder.Start(Path);
        var error = await Assert.ThrowsAsync<UsageLogException>(OpenAsync);

        Assert.Equal(UsageLogFault.InUse, error.Fault);
        Assert.Contains(Path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_first_version_learns_which_rows_were_recorded_twice()
    {
        var calls = SomeCalls.Calls(3).ToArray();
        calls[1] = calls[1] with { QualityFlags = ["duplicate_source"] };
        await using (var log = await OpenAsync())
            await log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);
        using (var database = DuckDbDatabase.Open(Path, new Dictionary<string, string>()))
        using (var connection = database.Connect())
        {
            connection.Execute("ALTER TABLE usage_event DROP COLUMN recorded_twice");
            connection.Execute("DROP TABLE import_mark");
            connection.Execute("DELETE FROM schema_version WHERE version > 1");
        }

        await using var reopened = await OpenAsync();
        var stored = await reopened.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(4), CancellationToken.None);
        var counted = await CountedRows.Usual.ExtentAsync(reopened, SomeCalls.Tenant, [], CancellationToken.None);

        Assert.Equal(1, stored);
        Assert.Equal(3, counted!.Rows);
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_with_both_versions()
    {
        await using (await OpenAsync())
        {
        }

        using (var database = DuckDbDatabase.Open(Path, new Dictionary<string, string>()))
        using (var connection = database.Connect())
            connection.Execute("INSERT INTO schema_version VALUES (99, '0099-future.sql', TIMESTAMP '2030-01-01')");

        var error = await Assert.ThrowsAsync<UsageLogException>(OpenAsync);

        Assert.Equal(UsageLogFault.NewerSchema, error.Fault);
        Assert.Contains("99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        await File.WriteAllTextAsync(Path, new string('x', 20_000));

        var error = await Assert.ThrowsAsync<UsageLogException>(OpenAsync);

        Assert.Equal(UsageLogFault.Unreadable, error.Fault);
        Assert.Equal(20_000, new FileInfo(Path).Length);
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        var error = await Assert.ThrowsAsync<UsageLogException>(() => DuckDbUsageLog.OpenAsync(
            new DuckDbUsageLogOptions { Path = "/nowhere/at/all/usage.duckdb" }, TimeProvider.System, CancellationToken.None));

        Assert.Contains("/nowhere/at/all", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused()
    {
        await Assert.ThrowsAsync<ValidationException>(() => DuckDbUsageLog.OpenAsync(
            new DuckDbUsageLogOptions { MemoryLimitMiB = 1 }, TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public void A_missing_library_names_the_folder_and_the_remedy()
    {
        var error = Assert.Throws<UsageLogException>(() => DuckDbLibrary.Load(folder.FullName));

        Assert.Equal(UsageLogFault.EngineMissing, error.Fault);
        Assert.Contains(folder.FullName, error.Message, StringComparison.Ordinal);
        Assert.Contains("npm ci", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_of_another_machine_is_told_from_a_missing_one()
    {
        File.WriteAllText(System.IO.Path.Combine(folder.FullName, "libduckdb.so"), "not a library");

        var error = Assert.Throws<UsageLogException>(() => DuckDbLibrary.Load(folder.FullName));

        Assert.Contains("cannot be loaded", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_statement_ends_when_it_is_interrupted()
    {
        using var database = DuckDbDatabase.Open(null, new Dictionary<string, string>());
        using var connection = database.Connect();
        using var timer = new Timer(_ => connection.Interrupt(), null, 50, 20);

        var error = Assert.Throws<DuckDbException>(() =>
        {
            using var result = connection.Query(new SqlStatement("SELECT count(*) FROM range(100000000000) a WHERE a.range % 7 = 3"));
        });

        Assert.Contains("Interrupted", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    private Task<DuckDbUsageLog> OpenAsync() => DuckDbUsageLog.OpenAsync(
        new DuckDbUsageLogOptions { Path = Path }, TimeProvider.System, CancellationToken.None);
}

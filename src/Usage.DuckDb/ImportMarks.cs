using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>The statements on how far imports have come. The caller holds the write gate, and for <see cref="Save"/> the transaction.</summary>
internal static class ImportMarks
{
    internal static void Save(DuckDbConnection connection, TenantId tenant, ImportMark mark)
    {
        Forget(connection, tenant, mark.ImportId);
        var sql = new SqlStatement("INSERT INTO import_mark VALUES (");
        sql.Add($"{sql.Parameter(tenant.Value)}, {sql.Parameter(mark.ImportId)}, {sql.Parameter(mark.RowsTaken)}, {sql.Parameter(mark.RowsStored)})");
        connection.Change(sql);
    }

    internal static ImportMark? Find(DuckDbConnection connection, TenantId tenant, string importId)
    {
        var sql = new SqlStatement("SELECT rows_taken, rows_stored FROM import_mark");
        Which(sql, tenant, importId);
        using var result = connection.Query(sql);
        using var row = result.Next();
        if (row is not { Rows: > 0 })
            return null;
        row.MoveTo(0);
        return new ImportMark(importId, row.RequiredInt64(), row.RequiredInt64());
    }

    internal static long Forget(DuckDbConnection connection, TenantId tenant, string importId)
    {
        var sql = new SqlStatement("DELETE FROM import_mark");
        Which(sql, tenant, importId);
        return connection.Change(sql);
    }

    private static void Which(SqlStatement sql, TenantId tenant, string importId) =>
        sql.Add($" WHERE tenant_id = {sql.Parameter(tenant.Value)} AND import_id = {sql.Parameter(importId)}");
}

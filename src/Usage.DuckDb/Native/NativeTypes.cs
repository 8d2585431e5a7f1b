using System.Runtime.InteropServices;

namespace Apex.Usage.DuckDb.Native;

internal enum DuckDbState
{
    Success = 0,
    Error = 1,
}

/// <summary><c>duckdb_result</c>: all but the last field are deprecated and must only keep their size.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    private ulong columnCount;
    private ulong rowCount;
    private ulong rowsChanged;
    private nint columns;
    private nint errorMessage;
    private nint internalData;
}

/// <summary><c>duckdb_list_entry</c>: where a row's elements stand in the child vector.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ListEntry
{
    public ulong Offset;
    public ulong Length;
}

/// <summary><c>duckdb_string_t</c>: up to 12 bytes stand in the value itself, longer ones behind the pointer.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct NativeString
{
    private const int MaxInlineBytes = 12;

    [FieldOffset(0)]
    private readonly uint length;

    [FieldOffset(4)]
    private readonly byte inlineBytes;

    [FieldOffset(8)]
    private readonly byte* pointer;

    /// <summary>Valid as long as the vector that holds <paramref name="value"/>.</summary>
    public static ReadOnlySpan<byte> Bytes(NativeString* value) =>
        value->length <= MaxInlineBytes
            ? new ReadOnlySpan<byte>(&value->inlineBytes, (int)value->length)
            : new ReadOnlySpan<byte>(value->pointer, (int)value->length);
}

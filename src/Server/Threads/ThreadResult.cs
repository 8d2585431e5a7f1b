using Apex.Protocol.Errors;

namespace Apex.Server.Threads;

/// <summary>What a call of the catalogue gives: a value, or why not.</summary>
internal readonly record struct ThreadResult<T>(T? Value, Refusal? Refused)
    where T : class
{
    public static implicit operator ThreadResult<T>(T value) => new(value, null);

    public static implicit operator ThreadResult<T>(Refusal refused) => new(null, refused);
}

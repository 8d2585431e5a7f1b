using System.Text;
using Apex.Protocol.Ids;

namespace Apex.Simulation.Worlds;

/// <summary>What was said and what its sender was told: accepted is stored once, refused is not, and open is at most once.</summary>
internal sealed class SayBook
{
    private readonly List<(UserId User, string Content, SayOutcome Outcome)> _said = [];

    public void Note(UserId user, string content, SayOutcome outcome) => _said.Add((user, content, outcome));

    /// <returns>The first contradiction, or null.</returns>
    public string? Compare(Ledger ledger)
    {
        foreach (var (user, content, outcome) in _said)
        {
            var needle = Encoding.UTF8.GetBytes($"\"content\":\"{content}\"");
            var times = ledger.Stored(user).Count(one => one.Span.IndexOf(needle) >= 0);
            var isRight = outcome switch
            {
                SayOutcome.Accepted => times == 1,
                SayOutcome.Refused => times == 0,
                _ => times <= 1,
            };
            if (!isRight)
                return $"The sender of \"{content}\" was told {outcome}, and the feed holds it {times} times.";
        }

        return null;
    }
}

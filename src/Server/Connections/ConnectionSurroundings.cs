using Apex.Server.Accounts;
using Apex.Server.Connections.Confirmation;
using Apex.Server.Connections.Framing;
using Apex.Server.Limits;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections;

/// <summary>What every connection shares with all the others.</summary>
internal sealed record ConnectionSurroundings(
    IFeed Feed,
    FrameRouter Router,
    TierTable Tiers,
    SessionRevocations Revocations,
    AccountChanges Changes,
    InboundBudget Budget,
    Receipts Receipts,
    ConnectionsOptions Options,
    ConnectionMetrics Metrics,
    TimeProvider Time,
    ILogger<Connection> Logger);

using Apex.Agents.Approvals;

namespace Apex.Cli.Settings;

/// <summary>The setting <c>approvals</c>: which tool calls need approval, as JSON.</summary>
internal static class ApprovalSetting
{
    /// <exception cref="UsageException">It cannot be read; the message says where it stands.</exception>
    public static ApprovalPolicy Read(SettingsInForce settings)
    {
        if (settings.Text(KnownSettings.Approvals) is not { } text)
            return new ApprovalPolicy();
        try
        {
            return ApprovalPolicy.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"approvals (from {settings[KnownSettings.Approvals].Source}) cannot be read: {e.Message}");
        }
    }
}

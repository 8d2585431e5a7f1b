using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Usage.Tests.Import.Formats;

public sealed class TraceImportTests : FormatTest
{
    [Fact]
    public async Task Both_releases_of_BurstGPT_are_read()
    {
        var older = await Log.ImportTextAsync(
            "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,1087,0,1087,API log\n");
        var newer = await Log.ImportTextAsync(
            "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n90.5,77,3.5,GPT-4,10,2,12,API log\n");
        var calls = await Log.CallsAsync();

        Assert.Equal(("burstgpt (CSV)", 2, 1), (older.Format, older.RowsStored, newer.RowsStored));
        Assert.Equal(["gpt-3.5-turbo", "gpt-4", "gpt-4"], calls.Select(call => call.RequestModel));
        Assert.Equal([CallStatus.Success, CallStatus.Error, CallStatus.Success], calls.Select(call => call.Status));
        Assert.Equal(new DateTimeOffset(2024, 1, 1, 0, 0, 5, TimeSpan.Zero), calls[0].StartedAt);
        Assert.Equal(("77", 3.5), (calls[2].ConversationId, (calls[2].EndedAt - calls[2].StartedAt)!.Value.TotalSeconds));
        Assert.Contains("request_model", calls[0].AssumedFields);
    }

    [Fact]
    public async Task Qwen_Bailian_traces_keep_their_blocks_turns_and_chats()
    {
        var report = await Log.ImportTextAsync(
            """
            {"chat_id":1,"parent_chat_id":-1,"timestamp":0.5,"input_length":40,"output_length":9,"type":"text","turn":1,"hash_ids":[1,2,3]}
            {"chat_id":2,"parent_chat_id":1,"timestamp":61.114,"input_length":48,"output_length":9,"type":"text","turn":2,"hash_ids":[1,2,4]}
            {"chat_id":3,"parent_chat_id":2,"timestamp":70,"input_length":16,"output_length":9,"type":"search","turn":3,"hash_ids":[1,2]}
            {"chat_id":4,"parent_chat_id":-1,"timestamp":-1,"input_length":16,"output_length":9,"type":"text","turn":1,"hash_ids":[1]}
            """, new ImportRequest { FileName = "x", AssumedModel = "qwen-plus" });
        var calls = await Log.CallsAsync();

        Assert.Equal(("qwen_bailian (JSONL)", 2), (report.Format, report.RowsStored));
        Assert.Equal(["hash_ids", "timestamp"], report.Rejected.Select(row => row.Field));
        Assert.Equal(["1", "1"], calls.Select(call => call.ConversationId));
        Assert.Equal([1L, 2L, 4L], calls[1].PrefixBlockHashes);
        Assert.Equal((16, 2, "text", "qwen-plus"), (calls[1].BlockSize, calls[1].Turn, calls[1].Feature, calls[1].RequestModel));
        Assert.Equal(61.114, (calls[1].StartedAt - new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds);
    }
}

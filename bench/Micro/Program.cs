using Apex.Bench.Micro;
using BenchmarkDotNet.Running;

// The short measurement gives absolute figures in seconds; without it BenchmarkDotNet takes over with its own arguments.
if (args is ["--feed", .. var rest])
    return await FeedMeasurement.RunAsync(rest);

// In this process: the project that BenchmarkDotNet would generate knows nothing of our central packages and analyzers.
BenchmarkSwitcher.FromAssembly(typeof(FeedAppendBenchmark).Assembly).Run([.. args, "--inProcess"]);
return 0;

namespace Apex.Usage.Tests.Import.Otlp;

/// <summary>
/// Three spans encoded by OpenTelemetry's own serializer (@opentelemetry/otlp-transformer 0.211.0), each request behind its length in
/// four bytes, big-endian: what the collector's file exporter writes under <c>format: proto</c>.
/// </summary>
internal static class CollectorFile
{
    public static byte[] ThreeSpans() => Convert.FromBase64String(
        "AAABWQrWAgoeChoKDHNlcnZpY2UubmFtZRIKCghoZWxwZGVzaxAAErMCCg0KC2FwZXguc2FtcGxlEqECChA3flVnfJbTHyN4pNEIFvyvEghA55" +
        "ErxAVEzCoLY2hhdCBncHQtNG8wATkAWd7I2KCQGEEAUuFd2aCQGEofChVnZW5fYWkub3BlcmF0aW9uLm5hbWUSBgoEY2hhdEogChRnZW5fYWku" +
        "cmVxdWVzdC5tb2RlbBIICgZncHQtNG9KIAoZZ2VuX2FpLnVzYWdlLmlucHV0X3Rva2VucxIDGLAJSiAKGmdlbl9haS51c2FnZS5vdXRwdXRfdG" +
        "9rZW5zEgIYZEoiChJnZW5fYWkucmVzcG9uc2UuaWQSDAoKY2hhdGNtcGwtMEonChpnZW5fYWkucmVxdWVzdC50ZW1wZXJhdHVyZRIJIZqZmZmZ" +
        "mck/UABgAHAAegIYAIUBAQEAAAAAAWMK4AIKHgoaCgxzZXJ2aWNlLm5hbWUSCgoIaGVscGRlc2sQABK9AgoNCgthcGV4LnNhbXBsZRKrAgoQ40" +
        "yqIC8EF1b2geB1ZH6hexIIlAyDfmdnNfYqEGNoYXQgZ3B0LTRvLW1pbmkwATkAsSXB5qCQGEEAqihW56CQGEofChVnZW5fYWkub3BlcmF0aW9u" +
        "Lm5hbWUSBgoEY2hhdEolChRnZW5fYWkucmVxdWVzdC5tb2RlbBINCgtncHQtNG8tbWluaUogChlnZW5fYWkudXNhZ2UuaW5wdXRfdG9rZW5zEg" +
        "MYoAZKIAoaZ2VuX2FpLnVzYWdlLm91dHB1dF90b2tlbnMSAhgoSiIKEmdlbl9haS5yZXNwb25zZS5pZBIMCgpjaGF0Y21wbC0xSicKGmdlbl9h" +
        "aS5yZXF1ZXN0LnRlbXBlcmF0dXJlEgkhmpmZmZmZyT9QAGAAcAB6AhgAhQEBAQAAAAABfAr5AgoeChoKDHNlcnZpY2UubmFtZRIKCghoZWxwZG" +
        "VzaxAAEtYCCg0KC2FwZXguc2FtcGxlEsQCChCDI0RQuoGt89NvCdWtOX2JEghrcIfzwE5BniodY2hhdCBjbGF1ZGUtc29ubmV0LTQtMjAyNTA1" +
        "MTQwATkACW259KCQGEEAAnBO9aCQGEofChVnZW5fYWkub3BlcmF0aW9uLm5hbWUSBgoEY2hhdEoyChRnZW5fYWkucmVxdWVzdC5tb2RlbBIaCh" +
        "hjbGF1ZGUtc29ubmV0LTQtMjAyNTA1MTRKHwoZZ2VuX2FpLnVzYWdlLmlucHV0X3Rva2VucxICGApKIAoaZ2VuX2FpLnVzYWdlLm91dHB1dF90" +
        "b2tlbnMSAhgKSiIKEmdlbl9haS5yZXNwb25zZS5pZBIMCgpjaGF0Y21wbC0ySicKGmdlbl9haS5yZXF1ZXN0LnRlbXBlcmF0dXJlEgkhmpmZmZ" +
        "mZyT9QAGAAcAB6AhgAhQEBAQAA");
}

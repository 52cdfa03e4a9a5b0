import Testing

@testable import KubernetesClient

@Suite("RFC 3339 §5.6: points in time")
struct TimestampTests {
    @Test(
        "Nanoseconds since 1970",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2026-11-22T10:43:55Z", 1_795_344_235_000_000_000), ("2024-02-29T23:59:60Z", 1_709_251_200_000_000_000),
            ("2026-11-22T10:43:55.123456789Z", 1_795_344_235_123_456_789),
            ("2026-11-22T10:43:55.1234567891Z", 1_795_344_235_123_456_789),
            ("2026-11-22T12:13:55+01:30", 1_795_344_235_000_000_000),
            ("2026-11-22t05:43:55-05:00", 1_795_344_235_000_000_000),
        ] as [(String, Int64)])
    func times(_ text: String, _ nanoseconds: Int64) {
        #expect(Timestamp.nanoseconds(text) == nanoseconds)
    }

    @Test(
        "What is no time is none",
        arguments: [
            "", "2026", "2026-11-22", "2026-11-22 10:43:55Z", "2026-13-22T10:43:55Z", "2026-11-22T24:43:55Z",
            "2026-11-22T10:43:55", "2026-11-22T10:43:55.Z", "2026-11-22T10:43:55Z ", "9999-12-31T23:59:59Z",
        ])
    func malformed(_ text: String) {
        #expect(Timestamp.nanoseconds(text) == nil)
    }
}

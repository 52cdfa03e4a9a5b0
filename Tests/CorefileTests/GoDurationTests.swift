import Testing

@testable import Corefile

@Suite("Go's durations")
struct GoDurationTests {
    @Test(
        "Durations are read in Go's notation",
        arguments: [
            ("0", Duration.zero), ("5s", .seconds(5)), ("500ms", .milliseconds(500)),
            ("1h2m3.5s", .milliseconds(3_723_500)),
            ("1m", .seconds(60)), ("-1.5h", .seconds(-5400)), ("+5s", .seconds(5)), (".5s", .milliseconds(500)),
            ("1.s", .seconds(1)), ("10us", .microseconds(10)), ("10µs", .microseconds(10)), ("10μs", .microseconds(10)),
            ("7ns", .nanoseconds(7)), ("0.1s", .milliseconds(100)), ("0.3s", .milliseconds(300)), ("1s1s", .seconds(2)),
            ("2562047h47m16.854775807s", .nanoseconds(Int64.max)), ("0.999999999s", .nanoseconds(999_999_999)),
        ])
    func parse(_ text: String, _ expected: Duration) throws {
        #expect(try GoDuration.parse(text) == expected)
    }

    @Test(
        "What is no duration is an error in Go's words",
        arguments: [
            ("", "time: invalid duration \"\""), ("abc", "time: invalid duration \"abc\""),
            ("5", "time: missing unit in duration \"5\""), ("5d", "time: unknown unit \"d\" in duration \"5d\""),
            ("1 s", "time: unknown unit \" s\" in duration \"1 s\""), ("-", "time: invalid duration \"-\""),
            (".s", "time: invalid duration \".s\""), ("1..5s", "time: missing unit in duration \"1..5s\""),
            ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
            ("3000000h", "time: invalid duration \"3000000h\""),
            ("2562047h47m16.854775808s", "time: invalid duration \"2562047h47m16.854775808s\""),
            ("5s\"\n", "time: unknown unit \"s\\\"\\n\" in duration \"5s\\\"\\n\""),
        ])
    func mistakes(_ text: String, _ message: String) {
        #expect { try GoDuration.parse(text) } throws: { "\($0)" == message }
    }

    @Test(
        "Durations print as Go prints them",
        arguments: [
            (Duration.zero, "0s"), (.seconds(5), "5s"), (.seconds(90), "1m30s"), (.seconds(3600), "1h0m0s"),
            (.milliseconds(500), "500ms"), (.milliseconds(1500), "1.5s"), (.microseconds(1500), "1.5ms"),
            (.nanoseconds(1500), "1.5µs"), (.nanoseconds(7), "7ns"), (.seconds(-90), "-1m30s"),
            (.milliseconds(-5), "-5ms"), (.nanoseconds(1_000_000_001), "1.000000001s"),
        ])
    func print(_ duration: Duration, _ expected: String) {
        #expect(GoDuration.print(duration) == expected)
    }
}

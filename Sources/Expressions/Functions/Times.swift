/// Points in time and spans, both in nanoseconds; points are in UTC.
enum Times {
    struct Method: Sendable {
        let types: Set<ExpressionType>
        let result: ExpressionType
        let apply: @Sendable (ExpressionValue) throws(ExpressionFailure) -> ExpressionValue
    }

    static let functions: [String: Builtin] = [
        "now": Builtin([], .time) { _, run throws(ExpressionFailure) in .time(run.subject.wallClock) },
        "duration": Builtin([.string], .duration) { arguments, _ throws(ExpressionFailure) in
            guard let span = span(try arguments[0].string()) else { throw .unreadable }
            return .duration(span)
        },
        "date": Builtin([.string], .time) { arguments, _ throws(ExpressionFailure) in
            guard let time = time(try arguments[0].string()) else { throw .unreadable }
            return .time(time)
        },
    ]

    static let methods: [String: Method] = [
        "Year": part { civil($0.day).year }, "Month": part { civil($0.day).month }, "Day": part { civil($0.day).day },
        "Hour": part { $0.second / 3_600 }, "Minute": part { $0.second / 60 % 60 }, "Second": part { $0.second % 60 },
        // 1970 began on a Thursday; Sunday is 0.
        "Weekday": part { (($0.day + 4) % 7 + 7) % 7 },
        "YearDay": part { $0.day - days(civil($0.day).year, 1, 1) + 1 },
        "Unix": part { $0.day * 86_400 + $0.second },
        "Hours": span(of: 3_600_000_000_000), "Minutes": span(of: 60_000_000_000), "Seconds": span(of: 1_000_000_000),
        "Milliseconds": whole(of: 1_000_000), "Microseconds": whole(of: 1_000), "Nanoseconds": whole(of: 1),
    ]

    private static func part(_ body: @escaping @Sendable ((day: Int, second: Int)) -> Int) -> Method {
        Method(types: [.time], result: .int) { value throws(ExpressionFailure) in
            guard case .time(let time) = value else { throw .wrongType }
            return .int(body(split(time)))
        }
    }

    private static func span(of unit: Int) -> Method {
        Method(types: [.duration], result: .float) { value throws(ExpressionFailure) in
            guard case .duration(let span) = value else { throw .wrongType }
            return .float(Double(span) / Double(unit))
        }
    }

    private static func whole(of unit: Int) -> Method {
        Method(types: [.duration], result: .int) { value throws(ExpressionFailure) in
            guard case .duration(let span) = value else { throw .wrongType }
            return .int(span / unit)
        }
    }

    // MARK: Calendar

    /// Days since 1970, and seconds of the day.
    private static func split(_ time: Int) -> (day: Int, second: Int) {
        let seconds = (time - (time % 1_000_000_000 + 1_000_000_000) % 1_000_000_000) / 1_000_000_000
        let second = (seconds % 86_400 + 86_400) % 86_400
        return ((seconds - second) / 86_400, second)
    }

    /// The date of a day since 1970: years are counted from March, so that the leap day is a year's last.
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    // MARK: Text

    /// `2026-01-31`, `15:04:05`, both with a blank, or both with a T and a zone (RFC 3339); from 1700 to 2200.
    private static func time(_ text: String) -> Int? {
        var (text, day, seconds) = (Substring(text), 0, 0)
        if text.utf8.count == 8, text.contains(":") {
            return clock(text).map { ($0 + days(0, 1, 1) * 86_400) }.flatMap(nanoseconds)
        }
        let date = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, date[0].utf8.count == 4, let year = number(date[0], 1_700...2_200),
            let month = number(date[1], 1...12), let dayOfMonth = number(date[2], 1...31)
        else { return nil }
        day = days(year, month, dayOfMonth)
        guard civil(day) == (year, month, dayOfMonth) else { return nil }
        text = text.dropFirst(10)
        if text.first == " " || text.first == "T" {
            guard let ofDay = clock(text.dropFirst().prefix(8)) else { return nil }
            seconds = ofDay
            let needsZone = text.first == "T"
            text = text.dropFirst(9)
            guard needsZone == !text.isEmpty, let offset = zone(text) else { return nil }
            seconds -= offset
        } else if !text.isEmpty {
            return nil
        }
        return nanoseconds(day * 86_400 + seconds)
    }

    private static func nanoseconds(_ seconds: Int) -> Int? {
        let (time, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? nil : time
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else { return nil }
        return range.contains(value) ? value : nil
    }

    /// Seconds of the day.
    private static func clock(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = number(parts[0], 0...23),
            let minute = number(parts[1], 0...59), let second = number(parts[2], 0...59)
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    /// Seconds that a zone is ahead of UTC: nothing, `Z`, `+01:00`.
    private static func zone(_ text: Substring) -> Int? {
        if text.isEmpty || text == "Z" { return 0 }
        guard text.utf8.count == 6, text.first == "+" || text.first == "-",
            let ahead = clock(text.dropFirst() + ":00")
        else { return nil }
        return text.first == "-" ? -ahead : ahead
    }

    /// A time as `2026-01-31 15:04:05`.
    static func text(time: Int, separator: String = " ") -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let parts = split(time)
        let date = civil(parts.day)
        return "\(date.year)-\(two(date.month))-\(two(date.day))\(separator)"
            + "\(two(parts.second / 3_600)):\(two(parts.second / 60 % 60)):\(two(parts.second % 60))"
    }

    private static let units: [(name: String, length: Int)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// A span as `1h30m` or `-1.5s`.
    private static func span(_ text: String) -> Int? {
        var (rest, total) = (Substring(text), 0.0)
        let isNegative = rest.first == "-"
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty, text.utf8.count <= 256 else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(name.count)
            guard let unit = units.first(where: { $0.name == name }), let value = Double("0\(number)0"), number != ".",
                !number.isEmpty
            else { return nil }
            total += (number.contains(".") ? value : value / 10) * Double(unit.length)
        }
        return Int(exactly: (isNegative ? -total : total).rounded())
    }

    /// A span as Go prints it, `1h30m0s`; below a second with the largest unit that fits.
    static func text(duration: Int) -> String {
        let (sign, length) = (duration < 0 ? "-" : "", duration.magnitude)
        func decimal(_ unit: UInt) -> String { TextWriter.text(Double(length) / Double(unit), plain: -20...20) }
        switch length {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(length)ns"
        case ..<1_000_000: return "\(sign)\(decimal(1_000))µs"
        case ..<1_000_000_000: return "\(sign)\(decimal(1_000_000))ms"
        default: break
        }
        let minutes = length / 60_000_000_000
        let seconds = TextWriter.text(Double(length % 60_000_000_000) / 1e9, plain: -20...20)
        if minutes == 0 { return "\(sign)\(seconds)s" }
        return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m\(seconds)s"
    }
}

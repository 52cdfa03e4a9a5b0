/// Reads a format of `printf` and takes the values that its directives want.
struct GoFormatReader {
    private var rest: Substring.UnicodeScalarView
    private let values: [GoValue]
    private var index = 0
    /// Whether `[n]` has chosen a value, so that nothing is left over.
    private var isReordered = false

    private let work: GoWork

    init(_ format: String, _ values: [GoValue], _ work: GoWork) {
        rest = format[...].unicodeScalars
        self.values = values
        self.work = work
    }

    /// What stands before the next `%`; nil at the end.
    mutating func literal() -> Substring? {
        guard !rest.isEmpty else { return nil }
        let text = Substring(rest)
        let end = text.utf8.firstIndex(of: UInt8(ascii: "%")) ?? text.endIndex
        rest = rest[end...]
        return text[..<end]
    }

    /// What a directive behind its `%` gives.
    ///
    /// - Throws: a field that is too wide, or a value that has no text here.
    mutating func directive() throws(GoTemplateError) -> String {
        try work.spend(16)
        var flags = takeFlags()
        var problem = ""
        var isChosen = try chooseValue()
        if takes("*") {
            if let width = takeNumber() {
                flags.width = abs(width)
                if width < 0 { (flags.minus, flags.zero) = (true, false) }
            } else {
                problem += "%!(BADWIDTH)"
            }
            isChosen = nil
        } else {
            flags.width = try digits()
            if flags.width != nil, isChosen != nil { isChosen = false }
        }
        if takes(".") {
            let choice = try chooseValue()
            if takes("*") {
                flags.precision = takeNumber().flatMap { $0 < 0 ? nil : $0 }
                if flags.precision == nil { problem += "%!(BADPREC)" }
            } else {
                flags.precision = try digits() ?? 0
                isChosen = choice ?? isChosen
            }
        }
        if let choice = try chooseValue() { isChosen = choice }
        guard let verb = rest.popFirst() else { return problem + "%!(NOVERB)" }
        if verb == "%" { return problem + "%" }
        if isChosen == false { return problem + "%!\(verb)(BADINDEX)" }
        guard index < values.count else { return problem + "%!\(verb)(MISSING)" }
        index += 1
        return problem + (try GoFormat.text(of: values[index - 1], verb, flags, work))
    }

    /// What is said of values that no directive has taken.
    mutating func extra() throws(GoTemplateError) -> String {
        guard !isReordered, index < values.count else { return "" }
        var texts: [String] = []
        for value in values[index...] {
            if case .none = value {
                texts.append("<nil>")
            } else {
                texts.append("\(value.typeName)=\(try GoFormat.plain(value, work))")
            }
        }
        return "%!(EXTRA \(texts.joined(separator: ", ")))"
    }

    private mutating func takeFlags() -> GoFormat.Flags {
        var flags = GoFormat.Flags()
        while let flag = rest.first {
            switch flag {
            case "+": flags.plus = true
            case "-": (flags.minus, flags.zero) = (true, false)
            case "#": flags.sharp = true
            case " ": flags.space = true
            case "0": flags.zero = !flags.minus
            default: return flags
            }
            rest.removeFirst()
        }
        return flags
    }

    /// Takes `[n]`: nil when there is none, false when there is no such value.
    private mutating func chooseValue() throws(GoTemplateError) -> Bool? {
        guard rest.first == "[" else { return nil }
        isReordered = true
        let text = Substring(rest)
        let end = text.utf8.firstIndex(of: UInt8(ascii: "]"))
        // A format may open many brackets and close none.
        try work.spend(text.utf8.distance(from: text.startIndex, to: end ?? text.endIndex))
        rest.removeFirst()
        guard let end else { return false }
        let digits = Substring(rest[..<end])
        rest = rest[end...].dropFirst()
        guard let number = Int(digits), (1...max(1, values.count)).contains(number), !values.isEmpty else {
            return false
        }
        index = number - 1
        return true
    }

    mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    /// The value for a `*`.
    private mutating func takeNumber() -> Int? {
        guard index < values.count else { return nil }
        defer { index += 1 }
        guard case .number(_, .int) = values[index], let number = values[index].index else { return nil }
        return (-GoFormat.maximumWidth...GoFormat.maximumWidth).contains(number) ? number : nil
    }

    private mutating func digits() throws(GoTemplateError) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        guard let number = Int(Substring(digits)), number <= GoFormat.maximumWidth else {
            throw GoTemplateError("error calling printf: the field is wider than \(GoFormat.maximumWidth)")
        }
        return number
    }
}

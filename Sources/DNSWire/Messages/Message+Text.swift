extension Message {
    /// The message as `dig` shows it, with one space between the fields of a record.
    package var text: String {
        var lines = [
            ";; opcode: \(flags.opcode), status: \(responseCode), id: \(id)",
            ";; flags:\(flagNames.map { " " + $0 }.joined()); QUERY: \(questions.count), ANSWER: \(answers.count), "
                + "AUTHORITY: \(authorities.count), ADDITIONAL: \(additionals.count + (edns == nil ? 0 : 1))",
        ]
        if let edns { lines += ["", ";; OPT PSEUDOSECTION:"] + edns.lines }
        if !questions.isEmpty { lines += ["", ";; QUESTION SECTION:"] + questions.map { ";" + $0.text } }
        for (title, records) in [
            ("ANSWER", answers), ("AUTHORITY", authorities), ("ADDITIONAL", additionals),
        ] where !records.isEmpty {
            lines += ["", ";; \(title) SECTION:"] + records.map(\.text)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var flagNames: [String] {
        [
            (flags.isResponse, "qr"), (flags.isAuthoritative, "aa"), (flags.isTruncated, "tc"),
            (flags.recursionDesired, "rd"), (flags.recursionAvailable, "ra"), (flags.authenticData, "ad"),
            (flags.checkingDisabled, "cd"),
        ].filter(\.0).map(\.1)
    }
}

extension Message: CustomStringConvertible {
    package var description: String { text }
}

extension EDNS {
    /// The lines below the title of the section.
    fileprivate var lines: [String] {
        ["; EDNS: version: \(version), flags:\(dnssecOK ? " do" : ""); udp: \(payloadSize)"]
            + options.map { "; " + $0.text }
    }
}

extension EDNSOption {
    /// The option's name and content, as `dig` shows them.
    package var text: String {
        switch code {
        case .nsid: "NSID: \(PresentationText.hexadecimal(data)) (\(PresentationText.quoted(data)))"
        case .cookie: "COOKIE: \(PresentationText.hexadecimal(data))"
        case .padding: "PADDING: \(data.count)"
        case .extendedError where data.count >= 2:
            "EDE: \(data.span.uint16(at: 0))" + (data.count > 2 ? " (\(PresentationText.escaped(data[2...])))" : "")
        default: "OPT=\(code.rawValue): \(PresentationText.hexadecimal(data))"
        }
    }
}

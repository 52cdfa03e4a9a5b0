extension DirectiveDeclaration {
    /// The reference of the directive in Markdown: what it does, its syntax, and a table of what it takes.
    package func referencePage() -> String {
        var page = "# \(name)\n\n*\(name)* \(summary).\n\n## Syntax\n\n```corefile\n\(syntax)\n```\n"
        let rows = rows
        if !rows.isEmpty {
            page += "\n| Form | Default | Meaning |\n| --- | --- | --- |\n"
            for row in rows { page += "| " + row.joined(separator: " | ") + " |\n" }
        }
        if !oncePerBlock { page += "\nThe directive may be used several times in a server block.\n" }
        return page
    }

    private var syntax: String {
        var text = [name, arguments?.usage ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let lines = (options + (otherwise.map { [$0] } ?? [])).map { "    " + $0.form }
        if !lines.isEmpty { text += " {\n" + lines.joined(separator: "\n") + "\n}" }
        return text
    }

    private var rows: [[String]] {
        var rows: [[String]] = []
        if let arguments {
            rows.append(Self.row(arguments.usage, arguments.defaultText, arguments.summary))
        }
        for option in options + (otherwise.map { [$0] } ?? []) {
            let repetition =
                switch option.repetition {
                case .replaces: ""
                case .adds: "; may be repeated"
                case .forbidden: "; once"
                }
            rows.append(Self.row(option.form, option.defaultText, option.summary + repetition))
        }
        return rows
    }

    private static func row(_ form: String, _ defaultText: String?, _ summary: String) -> [String] {
        ["`\(cell(form))`", defaultText.map { "`\(cell($0))`" } ?? "", cell(summary)]
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}

extension OptionDeclaration {
    fileprivate var form: String { usage.isEmpty ? name : "\(name) \(usage)" }
}

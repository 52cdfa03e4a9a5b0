import Testing

@testable import Plugins

@Suite struct GoTemplateTests {
    private struct Data: GoData {
        func value(of field: String) -> GoValue {
            switch field {
            case "Name": .string("www.example.org.")
            case "Empty": .string("")
            case "Match": .list(["whole", "one"])
            case "Group": .map(["a": .string("0a"), "0": .string("whole")])
            default: .map(["Qtype": .number(28), "Name": .string("WWW.")])
            }
        }
    }

    private static let fields = GoFields(
        known: ["Name": nil, "Empty": nil, "Match": nil, "Group": [], "Question": ["Qtype", "Name"]],
        refused: ["Meta": "is refused"])

    private func text(_ source: String) throws -> String {
        try GoTemplate(source, fields: Self.fields).text(with: Data())
    }

    @Test(
        "what is understood gives what Go gives",
        arguments: [
            ("plain", "plain"), ("a {{ .Name }} b", "a www.example.org. b"),
            ("{{.Name}}{{.Group.a}}", "www.example.org.0a"),
            ("{{ .Group.nothing }}|", "|"), ("{{ .Question.Qtype }}", "28"),
            ("{{ index .Match 1 }} {{ index .Group \"0\" }}", "one whole"), ("{{ .Match }}", "[whole one]"),
            ("{{ parseInt .Group.a 16 8 }}", "10"), ("{{ parseInt \"377\" 8 8 }}", "255"),
            ("{{ printf \"%s-%d-%v\" .Name 7 true }}", "www.example.org.-7-true"),
            ("{{ printf \"%02x%5d|%-5s|%q%%\" 10 42 \"ab\" `c\"` }}", "0a   42|ab   |\"c\\\"\"%"),
            ("{{ printf \"%x %X %o %b %c\" 255 255 8 5 65 }}", "ff FF 10 101 A"),
            ("{{ .Name | printf \"%s!\" }}", "www.example.org.!"), ("{{ len .Match }}{{ len \"abc\" }}", "23"),
            ("{{ slice .Name 4 11 }}{{ slice .Name 15 }}", "example."), ("{{ print 1 2 \"a\" 3 }}", "1 2a3"),
            ("{{ if .Empty }}a{{ else if eq .Question.Qtype 1 28 }}b{{ else }}c{{ end }}d", "bd"),
            ("{{ if and .Name (not .Empty) }}x{{ end }}", "x"), ("{{ or .Empty \"y\" }}", "y"),
            ("{{ if gt 2 1 }}{{ if lt \"a\" \"b\" }}n{{ end }}{{ end }}", "n"),
            ("{{ if ne 1 2 }}{{ if le 2 2 }}{{ if ge 3 2 }}m{{ end }}{{ end }}{{ end }}", "m"),
            ("a  {{- \" b \" -}}  c", "a b c"), ("a{{/* comment */}}b", "ab"), ("{{ (index .Match 0) }}", "whole"),
            ("{{ `raw \\n` }}{{ \"tab\\t\" }}", "raw \\ntab\t"), ("}} {", "}} {"), ("{{ 0x1F }} {{ -5 }}", "31 -5"),
        ])
    func understood(_ source: String, _ expected: String) throws {
        #expect(try text(source) == expected)
    }

    @Test(
        "what is not understood is refused when it is read",
        arguments: [
            ("{{ .Nope }}", "there is no field '.Nope'; there are: .Empty, .Group, .Match, .Name, .Question"),
            ("{{ .Name.x }}", "there is no field '.Name.x'"),
            ("{{ .Question.Id }}", "there is no field '.Question.Id'"),
            ("{{ .Group.a.b }}", "there is no field '.Group.a.b'"), ("{{ .Meta \"x\" }}", "'.Meta' is refused"),
            ("{{ . }}", "'.' alone has no text; name a field such as .Name"),
            ("{{ range .Match }}{{ end }}", "'range' is not understood here"),
            ("{{ $x := 1 }}", "variables ('$') are not understood"), ("{{ nope 1 }}", "function \"nope\" not defined"),
            ("{{ .Name", "unclosed action: there is no '}}'"), ("{{ \"a }}", "unterminated quoted string"),
            ("{{ if .Name }}x", "'if' without '{{ end }}'"),
            ("{{ end }}", "unexpected 'end' without an 'if' before it"),
            ("{{ else }}", "unexpected 'else' without an 'if' before it"), ("{{ (.Name }}", "unclosed '('"),
            ("{{ .Name ) }}", "unexpected ')'"), ("{{ }}", "missing value for command"),
            ("{{ .Name 1 }}", "can't give argument to a value that is no function"),
            ("{{ 1.5 }}", "'1.5' is no whole number"), ("{{ # }}", "unexpected '#' in an action"),
            ("{{/* x }}", "unclosed comment"),
        ])
    func refused(_ source: String, _ message: String) {
        let error = #expect(throws: GoTemplateError.self) { try text(source) }
        #expect(error?.description == message)
    }

    @Test(
        "what fails with these values is said when it is evaluated",
        arguments: [
            ("{{ index .Match 2 }}", "error calling index: index out of range: 2"),
            ("{{ index .Name 0 }}", "error calling index: cannot index www.example.org. with 0"),
            ("{{ parseInt \"x\" 10 8 }}", "error calling parseInt: strconv.ParseUint: parsing \"x\": invalid syntax"),
            (
                "{{ parseInt \"256\" 10 8 }}",
                "error calling parseInt: strconv.ParseUint: parsing \"256\": value out of range"
            ),
            ("{{ parseInt \"1\" 99 8 }}", "error calling parseInt: strconv.ParseUint: parsing \"1\": invalid syntax"),
            ("{{ eq 1 \"a\" }}", "error calling eq: incompatible types for comparison"),
            ("{{ printf \"%d\" \"a\" }}", "error calling printf: cannot print a with %d"),
            ("{{ printf \"%d\" }}", "error calling printf: has too few values"),
            ("{{ printf \"x\" 1 }}", "error calling printf: has too many values"),
            ("{{ printf \"%99999999d\" 1 }}", "error calling printf: has too wide a field"),
            ("{{ slice \"abc\" 2 1 }}", "error calling slice: index out of range"),
            ("{{ len 5 }}", "error calling len: 5 has no length"),
            ("{{ not }}", "error calling not: wants one argument"),
        ])
    func fails(_ source: String, _ message: String) {
        let error = #expect(throws: GoTemplateError.self) { try text(source) }
        #expect(error?.description == message)
    }

    @Test("conditions and parentheses are bounded in depth")
    func depth() {
        let deep = String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000)
        let error = #expect(throws: GoTemplateError.self) { try text("{{ \(deep) }}") }
        #expect(error?.description == "conditions or parentheses are nested too deeply")
    }

    @Test("texts are bounded in length, also those that functions double again and again")
    func length() {
        let doubling = String(repeating: " | printf \"%q\"", count: 40)
        let hundred = String(repeating: "{{ printf \"%255d\" 1 }}", count: 1_100)
        for source in ["{{ \"\\\\\"\(doubling) }}", hundred, "{{ if true }}\(hundred){{ end }}"] {
            let error = #expect(throws: GoTemplateError.self) { try text(source) }
            #expect(error?.description == "the text is longer than 262140 octets")
        }
    }

    @Test("a text without actions is constant")
    func constant() throws {
        #expect(try GoTemplate("a {{/* c */}}b", fields: Self.fields).constant == "a b")
        #expect(try GoTemplate("{{ .Name }}", fields: Self.fields).constant == nil)
    }
}

import Testing

@testable import Plugins

@Suite struct GoTemplateErrorTests {
    @Test(
        "what is not understood is refused when it is read, with the action and what was expected",
        arguments: [
            ("{{ .Nope }}", "there is no field '.Nope'; there are: .Empty, .Group, "),
            ("{{ .Name.x }}", "there is no field '.Name.x'"),
            ("{{ $.Nope.x }}", "there is no field '.Nope'; there are: .Empty, .Group, "),
            ("{{ .Question.Id }}", "there is no field '.Question.Id'"),
            ("{{ .Group.a.b }}", "there is no field '.Group.a.b'"), ("{{ .Var.x }}", "'.Var' is refused"),
            ("{{ .Meta }}", "'.Meta' wants one argument"), ("{{ len .Meta }}", "'.Meta' wants one argument"),
            ("{{ range .Match }}", "'range' without '{{ end }}'"),
            ("{{ $x }}", "undefined variable '$x'; declare it with '$x :='"),
            ("{{ $x = 1 }}", "undefined variable '$x'; declare it with '$x :='"),
            ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "undefined variable '$x'; declare it with '$x :='"),
            ("{{ $a, $b := 1 }}", "too many variables: one may stand here, two behind 'range'"),
            ("{{ $ := 1 }}", "'$' is the data; it cannot be set"),
            ("{{ nope 1 }}", "function \"nope\" not defined"),
            ("{{ .Name", "unclosed action: there is no '}}'"), ("{{ \"a }}", "unterminated quoted string"),
            ("{{ if .Name }}x", "'if' without '{{ end }}'"), ("{{ if }}x{{ end }}", "missing value for if"),
            ("{{ end }}", "unexpected 'end': no 'if', 'with' or 'range' is open"),
            ("{{ else }}", "unexpected 'else': no 'if', 'with' or 'range' is open"),
            ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "unexpected 'else': '{{ end }}' was expected"),
            ("{{ if 1 }}{{ else with 2 }}{{ end }}", "'}}' or 'if' was expected behind 'else'"),
            ("{{ if 1 }}{{ end 2 }}", "unexpected '2' behind 'end': '}}' was expected"),
            ("{{ break }}", "'break' outside of a 'range'"),
            ("{{ if 1 }}{{ continue }}{{ end }}", "'continue' outside of a 'range'"),
            ("{{ (.Name }}", "unclosed '(': ')' was expected"),
            ("{{ print(1) }}", "unexpected '(': a blank or '|' was expected before it"),
            ("{{ .Name ) }}", "unexpected ')'"), ("{{ }}", "missing value for command"),
            ("{{ .Name | }}", "missing command behind '|'"), ("{{ nil }}", "'nil' is not a command"),
            ("{{ .Name 1 }}", "can't give argument to a value that is no function"),
            ("{{ 1 | 2 }}", "can't give argument to a value that is no function"),
            ("{{ 1.5.5 }}", "bad number syntax: '1.5.5'"), ("{{ 08 }}", "bad number syntax: '08'"),
            ("{{ 99999999999999999999 }}", "bad number syntax: '99999999999999999999'"),
            ("{{ 1i }}", "bad number syntax: '1i'"),
            ("{{ # }}", "unexpected '#' in an action"),
            ("{{ print \"\\z\" }}", "unknown escape '\\z' in a quoted string"),
            ("{{/* x }}", "unclosed comment: there is no '*/'"),
            ("{{ template \"x\" }}", "there is no template \"x\"; define it with '{{ define }}'"),
            ("{{ template x }}", "'template' wants a name in quotes"),
            ("{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}", "'define' stands inside of another block"),
        ])
    func refused(_ source: String, _ message: String) {
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source) }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
        #expect(error?.description.contains(", in {{") == true)
    }

    @Test(
        "what fails with these values is said when it is evaluated",
        arguments: [
            ("{{ index .Match 2 }}", "error calling index: index out of range: 2"),
            ("{{ index .Name 0 1 }}", "error calling index: can't index item of type uint8"),
            ("{{ index .Match \"a\" }}", "error calling index: cannot index slice/array with type string"),
            ("{{ index .Group 1 }}", "error calling index: value has type int; should be string"),
            ("{{ parseInt \"x\" 10 8 }}", "error calling parseInt: strconv.ParseUint: parsing \"x\": invalid syntax"),
            (
                "{{ parseInt \"256\" 10 8 }}",
                "error calling parseInt: strconv.ParseUint: parsing \"256\": value out of range"
            ),
            ("{{ parseInt \"1\" 99 8 }}", "error calling parseInt: strconv.ParseUint: parsing \"1\": invalid base 99"),
            ("{{ parseInt 1 10 8 }}", "wrong type for value; expected string; got int"),
            ("{{ eq 1 \"a\" }}", "error calling eq: incompatible types for comparison"),
            ("{{ lt true false }}", "error calling lt: invalid type for comparison"),
            ("{{ eq .Match .Match }}", "error calling eq: non-comparable type []string"),
            ("{{ eq 1 }}", "error calling eq: missing argument for comparison"),
            ("{{ printf \"%99999999d\" 1 }}", "error calling printf: the field is wider than 65535"),
            ("{{ slice \"abc\" 2 1 }}", "error calling slice: invalid slice index: 2 > 1"),
            ("{{ slice \"abc\" 4 }}", "error calling slice: index out of range: 4"),
            ("{{ len 5 }}", "error calling len: len of type int"),
            ("{{ len nil }}", "error calling len: len of untyped nil"),
            ("{{ not }}", "wrong number of args for not: want 1 got 0"),
            ("{{ index }}", "wrong number of args for index: want at least 1 got 0"),
            ("{{ call 1 }}", "error calling call: non-function of type int"),
            ("{{ range .Name }}{{ end }}", "range can't iterate over www.example.org."),
            ("{{ range $i, $j := 3 }}{{ end }}", "can't use 3 to iterate over more than one variable"),
            ("{{ . }}", "can't print the data itself; name a field such as .Name"),
            ("{{ range .Match }}{{ .x }}{{ end }}", "can't evaluate field x in type string"),
            ("{{ range .Match }}{{ .x 1 }}{{ end }}", "x has arguments but cannot be invoked as function"),
            ("{{ .OPT.Do }}", "nil pointer evaluating *dns.OPT.Do"),
            ("{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}", "it goes deeper than 64 levels"),
            ("{{ range 100000000 }}{{ end }}", "it takes too many steps"),
            ("{{ range parseInt \"18446744073709551615\" 10 64 }}{{ end }}", "it takes too many steps"),
            (
                "{{ $x := printf \"%60000d\" 1 }}{{ range 1000 }}{{ if eq $x \"\" }}{{ end }}{{ end }}",
                "it takes too many steps"
            ),
        ])
    func fails(_ source: String, _ message: String) {
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source) }
        #expect(error?.description == message)
    }

    @Test("conditions and parentheses are bounded in depth")
    func depth() {
        let deep = String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000)
        let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text("{{ \(deep) }}") }
        #expect(
            error?.description == "conditions, loops or parentheses are nested too deeply; 32 levels may be, in {{ "
                + String(repeating: "(", count: 54) + "...")
    }

    @Test("texts are bounded in length, also those that functions double again and again")
    func length() {
        let doubling = String(repeating: " | printf \"%q\"", count: 40)
        let hundred = String(repeating: "{{ printf \"%255d\" 1 }}", count: 1_100)
        let loop = "{{ range 100 }}{{ printf \"%9999d\" 1 }}{{ end }}"
        let doubled = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text("{{ \"\\\\\"\(doubling) }}") }
        #expect(doubled?.description == "it takes too many steps")
        for source in [hundred, "{{ if true }}\(hundred){{ end }}", loop] {
            let error = #expect(throws: GoTemplateError.self) { try GoTemplateFixture.text(source) }
            #expect(error?.description == "the text is longer than 262140 octets")
        }
    }

    @Test("a text without actions is constant")
    func constant() throws {
        #expect(try GoTemplate("a {{/* c */}}b", fields: GoTemplateFixture.fields).constant == "a b")
        #expect(try GoTemplate("{{ .Name }}", fields: GoTemplateFixture.fields).constant == nil)
    }
}

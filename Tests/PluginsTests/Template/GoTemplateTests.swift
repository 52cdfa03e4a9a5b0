import Testing

@testable import Plugins

@Suite struct GoTemplateTests {
    @Test(
        "what is understood gives what Go gives",
        arguments: [
            ("plain", "plain"), ("a {{ .Name }} b", "a www.example.org. b"),
            ("{{.Name}}{{.Group.a}}", "www.example.org.0a"),
            ("{{ .Group.nothing }}|{{ index .Group \"nothing\" }}", "<no value>|"), ("{{ .Question.Qtype }}", "28"),
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
            ("{{ 017 }} {{ 0b11 }} {{ 0o17 }} {{ 1_000 }} {{ 'A' }} {{ +7 }}", "15 3 15 1000 65 7"),
            ("{{ \"\\x41\\u00e9\\101\\\"\" }}", "AéA\""), ("{{ .Question }}", ";WWW."), ("{{ .OPT }}", "<nil>"),
            ("{{ .Meta \"a\" }}{{ \"b\" | .Meta }}{{ $.Meta \"c\" }}", "<a><b><c>"),
            ("{{ parseInt \"0x1f\" 0 8 }} {{ parseInt \"1_0\" 0 8 }} {{ parseInt \"z\" 36 64 }}", "31 10 35"),
            (
                "{{ html \"<a&'\" }} {{ js \"a'<\" }} {{ urlquery \"a b/é\" }}",
                "&lt;a&amp;&#39; a\\'\\u003C a+b%2F%C3%A9"
            ),
            ("{{ 1.5 }} {{ 2.0 }} {{ 1e21 }} {{ 1e-5 }} {{ printf \"%.2f\" 2.345 }}", "1.5 2 1e+21 1e-05 2.35"),
            ("{{ print }}{{ print nil 1 }}{{ println 1 \"a\" }}", "<nil> 11 a\n"),
        ])
    func understood(_ source: String, _ expected: String) throws {
        #expect(try GoTemplateFixture.text(source) == expected)
    }

    @Test(
        "range, with, variables and templates give what Go gives",
        arguments: [
            ("{{ range .Match }}<{{ . }}>{{ end }}", "<whole><one>"),
            ("{{ range $i, $m := .Match }}{{ $i }}={{ $m }};{{ end }}", "0=whole;1=one;"),
            ("{{ range $m := .Match }}{{ $m }}{{ $.Empty }},{{ end }}", "whole,one,"),
            ("{{ range .None }}x{{ else }}none of {{ .Name }}{{ end }}", "none of www.example.org."),
            ("{{ range $k, $v := .Group }}{{ $k }}:{{ $v }} {{ end }}", "0:whole a:0a "),
            (
                "{{ range 3 }}{{ . }}{{ end }}{{ range $n := 2 }}{{ $n }}{{ end }}{{ range 0 }}{{ else }}-{{ end }}",
                "01201-"
            ),
            ("{{ range $i, $m := .Match }}{{ if $i }}{{ break }}{{ end }}{{ $m }}{{ end }}.", "whole."),
            ("{{ range $i, $m := .Match }}{{ if not $i }}{{ continue }}{{ end }}{{ $m }}{{ end }}.", "one."),
            ("{{ range .Match }}{{ range 5 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }};{{ end }}", "01;01;"),
            ("{{ $x := 1 }}{{ range .Match }}{{ $x = len . }}{{ end }}{{ $x }}", "3"),
            ("{{ $x := 1 }}{{ range .Match }}{{ $x := len . }}{{ end }}{{ $x }}", "1"),
            ("{{ $i := 9 }}{{ range $i = .Match }}{{ end }}{{ $i }}", "one"),
            ("{{ $x := .Group }}{{ $x.a }}{{ ($x).a }}{{ (index $.Match 1) }}", "0a0aone"),
            ("{{ if $n := len .Match }}{{ $n }}{{ else }}{{ $n }}{{ end }}", "2"),
            ("{{ with .Empty }}a{{ else with .Name }}{{ . }}{{ else }}c{{ end }}", "www.example.org."),
            (
                "{{ with $x := \"v\" }}{{ $x }}{{ . }}{{ end }}{{ with .Empty }}x{{ else }}{{ .Name }}{{ end }}",
                "vvwww.example.org."
            ),
            ("{{ with .Question }}{{ .Qtype }}{{ end }}{{ with .Group }}{{ .a }}{{ end }}", "280a"),
            (
                "{{ define \"t\" }}[{{ . }}{{ $ }}]{{ end }}{{ template \"t\" .Name }}{{ template \"t\" 1 }}",
                "[www.example.org.www.example.org.][11]"
            ),
            ("{{ block \"b\" .Match }}{{ with . }}{{ len . }}{{ end }}{{ end }}{{ template \"b\" }}", "2"),
            ("{{ len (slice .Match 1) }}{{ index (slice .Match 1 2) 0 }}{{ index .Match 1 0 }}", "1one111"),
            ("{{ \"a\" | printf \"%s%s\" \"b\" | len }}", "2"),
            ("{{ if or .Empty (eq .Question.Qtype 1 28) }}y{{ end }}{{ and 1 0 (index .Match 9) }}", "y0"),
            ("{{ or 0 2 (index .Match 9) }}{{ eq .Group.x nil }}{{ eq .Group.x \"\" }}", "2truefalse"),
            ("{{- range .Match -}} {{ . }} {{- end }}", "wholeone"),
        ])
    func blocks(_ source: String, _ expected: String) throws {
        #expect(try GoTemplateFixture.text(source) == expected)
    }

    @Test(
        "printf writes what does not fit as Go does",
        arguments: [
            ("\"%d\" \"a\"", "%!d(string=a)"), ("\"%d\"", "%!d(MISSING)"), ("\"x\" 1", "x%!(EXTRA int=1)"),
            ("\"%\"", "%!(NOVERB)"), ("\"%z\" 7", "%!z(int=7)"), ("\"%v %s\" nil nil", "<nil> %!s(<nil>)"),
            ("\"%05d|%-5d|%+d|% d\" 42 42 42 42", "00042|42   |+42| 42"), ("\"%05d\" -42", "-0042"),
            ("\"%#x %#o %#b %O\" 255 8 5 8", "0xff 010 0b101 0o10"), ("\"%.3d|%5.3d\" 7 7", "007|  007"),
            ("\"%.2s|%5.1s|%05s\" \"abc\" \"abc\" \"abc\"", "ab|    a|00abc"),
            ("\"%x % X\" \"ab\" \"ab\"", "6162 61 62"),
            ("\"%q %+q %#q\" \"é\\n\" \"é\" \"a\"", "\"é\\n\" \"\\u00e9\" `a`"), ("\"%c%q%U\" 65 65 65", "A'A'U+0041"),
            (
                "\"%v %q %d\" .Match .Match .Match",
                "[whole one] [\"whole\" \"one\"] [%!d(string=whole) %!d(string=one)]"
            ),
            (
                "\"%#v %T %T %T\" .Match .Match .Group .Question.Qtype",
                "[]string{\"whole\", \"one\"} []string map[string]string uint16"
            ),
            ("\"%*d|%-*d|\" 4 1 4 2", "   1|2   |"), ("\"%[2]s%[1]s\" \"a\" \"b\"", "ba"),
            ("\"%[3]d\" 1", "%!d(BADINDEX)"),
            ("\"%t %t\" true 1", "true %!t(int=1)"), ("\"%6.2f|%e|%g\" 3.14159 1.5 0.1", "  3.14|1.500000e+00|0.1"),
            ("\"%v\" .Group", "map[0:whole a:0a]"),
        ])
    func formats(_ arguments: String, _ expected: String) throws {
        #expect(try GoTemplateFixture.text("{{ printf \(arguments) }}") == expected)
    }
}

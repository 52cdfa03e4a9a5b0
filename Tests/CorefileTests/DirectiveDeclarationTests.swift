import Testing

@testable import Corefile

@Suite("Directives read from their declaration")
struct DirectiveDeclarationTests {
    func read<Settings>(
        _ text: String, _ directive: DirectiveDeclaration<Settings>, _ initial: Settings
    ) throws -> Settings {
        let block = try Corefile.parse(text: "a b {\n\(text)\n}").blocks[0]
        return try directive.read(block.directives, serverZones: block.zones, initial: initial)
    }

    func error<Settings>(_ text: String, _ directive: DirectiveDeclaration<Settings>, _ initial: Settings) -> String {
        do {
            _ = try read(text, directive, initial)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    func cacheError(_ text: String) -> String { error(text, CacheSettings.directive, CacheSettings()) }
    func healthError(_ text: String) -> String { error(text, HealthSettings.directive, HealthSettings()) }
    func forwardError(_ text: String) -> String { error(text, ForwardSettings.directive, ForwardSettings()) }

    @Test("What is left out has its default, and zones are those of the server block")
    func defaults() throws {
        var expected = CacheSettings()
        #expect(try read("log", CacheSettings.directive, CacheSettings()) == expected)
        expected.zones = ["a.", "b."]
        #expect(try read("cache", CacheSettings.directive, CacheSettings()) == expected)
        #expect(try read("cache {\n}", CacheSettings.directive, CacheSettings()) == expected)
    }

    @Test("Arguments and options are read into the configuration")
    func values() throws {
        let text = """
            cache 30 example.org 10.0.0.0/15 {
                success 100 20
                success 200 30 1
                disable success
                disable denial X y
                disable denial z
                keepttl
            }
            """
        let settings = try read(text, CacheSettings.directive, CacheSettings())
        #expect(settings.zones == ["example.org.", "0.10.in-addr.arpa.", "1.10.in-addr.arpa."])
        #expect(settings.successTTL == 30 && settings.denialTTL == 30)
        #expect(settings.capacity == 200 && settings.minimumTTL == 1)
        #expect(settings.disabled == ["success": ["."], "denial": ["x.", "y.", "z."]])
        #expect(settings.keepsTTL && !settings.servesStale)
    }

    @Test("kubeadm's Corefile is read through the declarations")
    func kubeadm() throws {
        let block = try Corefile.parse(text: kubeadmCorefile).blocks[0]
        let cache = try CacheSettings.directive.read(
            block.directives, serverZones: block.zones, initial: CacheSettings())
        #expect(cache.disabled == ["success": ["cluster.local."], "denial": ["cluster.local."]])
        let health = try HealthSettings.directive.read(
            block.directives, serverZones: block.zones, initial: HealthSettings())
        #expect(health.lameduck == .seconds(5))
        let forward = try ForwardSettings.directive.readEach(
            block.directives, serverZones: block.zones, initial: ForwardSettings())
        #expect(forward.map(\.maximumConcurrent) == [1000])
        #expect(forward.map(\.to) == [["/etc/resolv.conf"]])
    }

    @Test("Each use of a repeatable directive can have a configuration of its own")
    func each() throws {
        let block = try Corefile.parse(
            text: ".\nforward a 1 2 {\nforce_tcp\n}\nlog\nforward b 3 {\npolicy round_robin\n}")
        let settings = try ForwardSettings.directive.readEach(
            block.blocks[0].directives, serverZones: ["."], initial: ForwardSettings())
        #expect(settings.map(\.from) == ["a.", "b."])
        #expect(settings.map(\.forcesTCP) == [true, false])
        #expect(settings.map(\.policy) == [.random, .roundRobin])
    }

    @Test("An unknown option is an error with the options there are")
    func unknownOption() {
        #expect(
            cacheError("cache {\n  foo 1\n}")
                == "Corefile:3:3: plugin/cache: unknown property 'foo' "
                + "(expected one of: success, disable, keepttl, serve_stale, serve_stale_policy)")
        #expect(
            cacheError("cache {\n keeptll\n}").hasPrefix(
                "Corefile:3:2: plugin/cache: unknown property 'keeptll' (did you mean 'keepttl'? expected one of: "))
    }

    @Test("A directive that may be used once is an error at its second use")
    func once() {
        #expect(
            cacheError("cache\nlog\n cache 5")
                == "Corefile:4:2: plugin/cache: this plugin can only be used once per Server Block "
                + "(first used at Corefile:2:1)")
        #expect(forwardError("forward a 1\nforward b 2") == "none")
        #expect(
            cacheError("cache {\nserve_stale\n serve_stale\n}")
                == "Corefile:4:2: plugin/cache: 'serve_stale' can only be used once (first used at Corefile:3:1)")
    }

    @Test("Too few and too many arguments are errors at the word before the gap or the first word too many")
    func counts() {
        let wrong = "Wrong argument count or unexpected line ending after"
        #expect(forwardError("forward") == "Corefile:2:1: plugin/forward: \(wrong) 'forward' ('forward' needs FROM)")
        #expect(forwardError("forward . {\n}") == "Corefile:2:9: plugin/forward: \(wrong) '.' ('forward' needs TO)")
        #expect(
            cacheError("cache {\nsuccess\n}")
                == "Corefile:3:1: plugin/cache: \(wrong) 'success' ('success' needs CAPACITY)")
        #expect(
            cacheError("cache {\nkeepttl on\n}")
                == "Corefile:3:9: plugin/cache: \(wrong) 'on' ('keepttl' takes no arguments)")
        #expect(
            healthError("health :1 :2")
                == "Corefile:2:11: plugin/health: \(wrong) ':2' (too many arguments for 'health')")
        #expect(
            healthError("health {\nlameduck 5s 6s\n}")
                == "Corefile:3:13: plugin/health: \(wrong) '6s' (too many arguments for 'lameduck')")
    }

    @Test("A closing brace on an option's line ends the block, unless the option takes its whole line, as in CoreDNS")
    func closingBrace() throws {
        let wrong =
            "Wrong argument count or unexpected line ending after '}' (put the closing brace on a line of its own)"
        #expect(healthError("health { lameduck }") == "Corefile:2:19: plugin/health: \(wrong)")
        #expect(cacheError("cache {\ndisable success }") == "Corefile:3:17: plugin/cache: \(wrong)")
        for text in ["health { lameduck 5s }", "health :1 {\nlameduck 5s }"] { #expect(healthError(text) == "none") }
        for text in ["cache { keepttl }", "cache {\nsuccess 5 }"] { #expect(cacheError(text) == "none") }
        let settings = try read("forward . 1 { max_concurrent 5 }", ForwardSettings.directive, ForwardSettings())
        #expect(settings.maximumConcurrent == 5)
    }

    @Test("What an option leaves on its line is the next option, as in CoreDNS")
    func optionsOnOneLine() throws {
        let text = "forward . 1 {\nmax_concurrent 5 policy sequential expire 3s\n}"
        let settings = try read(text, ForwardSettings.directive, ForwardSettings())
        #expect(settings.maximumConcurrent == 5 && settings.policy == .sequential && settings.expire == .seconds(3))
        #expect(
            forwardError("forward . 1 {\npolicy random x\n}")
                == "Corefile:3:15: plugin/forward: Wrong argument count or unexpected line ending after 'x' "
                + "(too many arguments for 'policy')")
    }

    @Test("A value of the wrong type or outside its bounds is an error at the value, in CoreDNS's words")
    func badValues() {
        #expect(
            cacheError("cache 0") == "Corefile:2:7: plugin/cache: cache TTL can not be zero or negative: 0")
        #expect(
            cacheError("cache {\nsuccess x\n}")
                == "Corefile:3:9: plugin/cache: strconv.Atoi: parsing \"x\": invalid syntax (CAPACITY is a whole number)"
        )
        #expect(
            cacheError("cache {\nsuccess 1 2 9999\n}")
                == "Corefile:3:13: plugin/cache: MINTTL must be in range [0, 3600]: 9999")
        #expect(
            cacheError("cache {\ndisable all\n}")
                == "Corefile:3:9: plugin/cache: cache type for disable must be \"success\" or \"denial\" "
                + "(found 'all'; expected one of: success, denial)")
        #expect(
            healthError("health {\nlameduck 5\n}")
                == "Corefile:3:10: plugin/health: unable to parse lameduck duration value: '5' : "
                + "time: missing unit in duration \"5\" (lameduck is written like 500ms, 30s or 1h30m)")
        #expect(
            forwardError("forward . 1 {\nmax_concurrent -1\n}")
                == "Corefile:3:16: plugin/forward: max_concurrent can't be negative: -1")
        #expect(
            forwardError("forward . 1 {\nexpire -1s\n}")
                == "Corefile:3:8: plugin/forward: expire must be at least 0s: -1s")
        #expect(
            forwardError("forward . 1 {\npolicy best\n}")
                == "Corefile:3:8: plugin/forward: unknown policy 'best' "
                + "(expected one of: random, sequential, round_robin)")
        #expect(
            healthError("health 127.0.0.1")
                == "Corefile:2:8: plugin/health: address 127.0.0.1: missing port in address "
                + "(ADDRESS is written like :8080 or 127.0.0.1:8080)")
        #expect(
            cacheError("cache a..b")
                == "Corefile:2:7: plugin/cache: zone is not a valid domain name: a..b (a label is empty)")
    }

    @Test("Options that need one another are checked at the end, at the directive")
    func check() {
        #expect(
            cacheError("log\n cache {\nserve_stale_policy\n}")
                == "Corefile:3:2: plugin/cache: serve_stale_policy requires serve_stale")
        #expect(cacheError("cache {\nserve_stale_policy\nserve_stale\n}") == "none")
    }

    @Test("A directive without options takes no block, and one without arguments none of those")
    func bare() {
        let loop = DirectiveDeclaration<Int>(name: "loop", summary: "finds loops")
        #expect(error("loop", loop, 0) == "none")
        #expect(
            error("loop {\n}", loop, 0)
                == "Corefile:2:6: plugin/loop: Unexpected token '{', expecting argument ('loop' takes no block)")
        #expect(
            error("loop x", loop, 0)
                == "Corefile:2:6: plugin/loop: Wrong argument count or unexpected line ending after 'x' "
                + "('loop' takes no arguments)")
    }

    @Test("Lines that begin with no option's name can be read by a declaration of their own")
    func otherwise() throws {
        let hosts = DirectiveDeclaration<[String]>(
            name: "hosts", summary: "serves a hosts file",
            options: [
                .init("ttl", usage: "SECONDS", "life of the answers") { entries, reader throws(ConfigurationError) in
                    try entries.append("ttl=\(reader.integer("ttl"))")
                    try reader.finish()
                }
            ],
            otherwise: .init("ADDRESS", usage: "NAME...", "an entry") { entries, reader throws(ConfigurationError) in
                let names = try reader.remaining(atLeastOne: "NAME").map(\.text)
                entries.append(reader.subject.text + "=" + names.joined(separator: ","))
            },
            unknownOption: { "no such thing \($0)" })
        #expect(
            try read("hosts {\n10.0.0.1 a b\nttl 5\n10.0.0.2 c\n}", hosts, []) == [
                "10.0.0.1=a,b", "ttl=5", "10.0.0.2=c",
            ])
        #expect(
            error("hosts {\n10.0.0.1\n}", hosts, [])
                == "Corefile:3:1: plugin/hosts: Wrong argument count or unexpected line ending after '10.0.0.1' "
                + "('10.0.0.1' needs NAME)")
    }

    @Test("CoreDNS's words for an unknown option can differ from plugin to plugin")
    func ownWords() {
        let bind = DirectiveDeclaration<Int>(
            name: "bind", summary: "chooses addresses",
            options: [
                .init("except", usage: "ADDRESS...", "leave out") { _, reader throws(ConfigurationError) in
                    _ = try reader.remaining()
                }
            ],
            unknownOption: { "invalid option \(QuotedText.doubleQuoted($0))" })
        #expect(
            error("bind {\nx\n}", bind, 0)
                == "Corefile:3:1: plugin/bind: invalid option \"x\" (expected one of: except)")
    }
}

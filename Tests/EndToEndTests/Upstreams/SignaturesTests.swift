import DNSWire
import TestSupport
import Testing

extension EndToEnd.UpstreamsTests {
    /// Signed zones, a resolver that validates them, and askers who do it themselves (RFC 4035).
    @Suite("Signatures")
    struct SignaturesTests {
        /// A question about a signed zone, relative to it, and what goes with the reply for askers with DO.
        struct Case: Sendable, CustomTestStringConvertible {
            var owner: String
            var type: RecordType
            /// Whether records that deny something are in it: NSEC, or NSEC3.
            var isDenied = false

            var testDescription: String { "\(owner) \(type)" }
        }

        static let cases = [
            Case(owner: "a.", type: .A), Case(owner: "alias.", type: .A), Case(owner: "mx.", type: .MX),
            Case(owner: "", type: .SOA), Case(owner: "", type: .NS), Case(owner: "", type: .DNSKEY),
            Case(owner: "a.", type: .AAAA, isDenied: true), Case(owner: "none.", type: .A, isDenied: true),
            Case(owner: "x.wild.", type: .A, isDenied: true), Case(owner: "a.below.", type: .A, isDenied: true),
        ]
        static let zones = [Zones.signed.name, Zones.signedNSEC3.name]

        @Test(
            "askers with DO get all signatures and proofs as the upstream sent them, others none", arguments: cases,
            Upstreams.Target.authorities)
        func passesSignatures(asked: Case, target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            for zone in Self.zones {
                let query = try Message.query(asked.owner + zone, asked.type, size: 4_096, dnssec: true)
                let direct = try await upstreams.ask(target, query)
                #expect(direct.count(of: .RRSIG) > 0)
                #expect((direct.count(of: .NSEC) + direct.count(of: .NSEC3) > 0) == asked.isDenied)
                for overTCP in [false, true] {
                    let reply = try await upstreams.ask(.plain, to: target, query, overTCP: overTCP)
                    #expect(try reply.withoutEDNS == direct.withoutEDNS)
                    #expect(reply.message.edns?.dnssecOK == true)
                }
                let bare = try await upstreams.ask(target, .query(asked.owner + zone, asked.type)).withoutTimes
                for _ in 0..<2 {
                    #expect(try await upstreams.ask(.cached, to: target, query).withoutTimes == direct.withoutTimes)
                    let other = try await upstreams.ask(.cached, to: target, .query(asked.owner + zone, asked.type))
                    #expect(other.withoutTimes == bare)
                    #expect(other.count(of: .RRSIG) == 0)
                }
            }
        }

        /// What an asker says of DNSSEC.
        struct Asker: Sendable, CustomTestStringConvertible {
            var dnssec = false
            var ad = false
            var testDescription: String { "DO \(dnssec ? 1 : 0), AD \(ad ? 1 : 0)" }
        }
        /// Those who want to know first: what is kept of them is asked for by the last one as well.
        static let askers = [
            Asker(dnssec: true, ad: true), Asker(dnssec: true), Asker(ad: true), Asker(),
        ]

        @Test(
            "what the resolver has validated is so marked for askers with DO or AD, and for no others",
            arguments: zones, [Upstreams.Manner.plain, .cached])
        func marksValidated(zone: String, manner: Upstreams.Manner) async throws {
            let upstreams = try Upstreams.ofThisRun
            for owner in ["a.", "none.", "x.wild."] {
                for asker in Self.askers + Self.askers {
                    let query = try Message.query(owner + zone, size: 4_096, dnssec: asker.dnssec, ad: asker.ad)
                    let direct = try await upstreams.ask(.resolver, query)
                    let reply = try await upstreams.ask(manner, to: .resolver, query)
                    #expect(direct.message.flags.authenticData == (asker.dnssec || asker.ad))
                    #expect(reply.withoutTimes == direct.withoutTimes, "\(asker.testDescription)")
                }
            }
        }

        @Test("what is not signed is marked as validated for nobody", arguments: [Upstreams.Manner.plain, .cached])
        func doesNotMarkOthers(manner: Upstreams.Manner) async throws {
            let upstreams = try Upstreams.ofThisRun
            for asker in Self.askers {
                let query = try Message.query("host.one.example", dnssec: asker.dnssec, ad: asker.ad)
                let reply = try await upstreams.ask(manner, to: .resolver, query)
                #expect(reply.answers == [ResolvedNamesTests.host])
                #expect(!reply.message.flags.authenticData)
            }
        }

        @Test(
            "what is not valid is SERVFAIL with the resolver's reason, and there for askers with CD",
            arguments: [Upstreams.Manner.plain, .cached])
        func passesFailures(manner: Upstreams.Manner) async throws {
            let upstreams = try Upstreams.ofThisRun
            // Twice, for what is kept of one must not go to the other.
            for _ in 0..<2 {
                let failed = try await upstreams.ask(
                    manner, to: .resolver, .query("a.expired.example", size: 4_096, dnssec: true))
                #expect(failed.message.responseCode == .serverFailure)
                #expect(failed.message.answers.isEmpty && !failed.message.flags.checkingDisabled)
                let unchecked = try await upstreams.ask(
                    manner, to: .resolver, .query("a.expired.example", size: 4_096, dnssec: true, cd: true))
                #expect(unchecked.message.responseCode == .noError)
                #expect(unchecked.message.flags.checkingDisabled && !unchecked.message.flags.authenticData)
                #expect(unchecked.message.answers.map(\.type) == [.A, .A, .RRSIG])
            }
        }

        @Test("an extended error (RFC 8914) is passed on to askers with EDNS")
        func passesReason() async throws {
            let upstreams = try Upstreams.ofThisRun
            let query = try Message.query("mx.expired.example", .MX)
            let direct = try await upstreams.ask(.resolver, query)
            let reply = try await upstreams.ask(.plain, to: .resolver, query)
            #expect(direct.message.edns?.options.map(\.code) == [.extendedError])
            #expect(reply.message.edns?.options == direct.message.edns?.options)
            let bare = try await upstreams.ask(.plain, to: .resolver, .query("mx.expired.example", .MX, size: nil))
            #expect(bare.message.edns == nil && bare.message.responseCode == .serverFailure)
        }

        @Test(
            "a validator behind us finds everything that it needs",
            .enabled(if: Command.path(of: "delv") != nil, "delv is not installed"),
            arguments: [Upstreams.Manner.plain, .cached], zones)
        func servesValidators(manner: Upstreams.Manner, zone: String) async throws {
            let upstreams = try Upstreams.ofThisRun
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let signed = try #require(upstreams.signed.first { $0.zone.name == zone })
            try folder.write("trust-anchors { \(zone). static-key \(try signed.quotedKey); };\n", to: "anchor")
            let port = try upstreams.port(manner, to: .resolver)
            for (name, expected) in [("a", "192.0.2.1"), ("x.wild", "192.0.2.9"), ("none", "ncache nxdomain")] {
                let text = try await Command.output(
                    of: #require(Command.path(of: "delv")),
                    [
                        "@127.0.0.1", "-p", "\(port)", "-a", folder.path + "/anchor", "+root=\(zone)",
                        "\(name).\(zone)", "A",
                    ])
                #expect(text.contains("fully validated") && text.contains(expected), "\(text)")
            }
        }
    }
}

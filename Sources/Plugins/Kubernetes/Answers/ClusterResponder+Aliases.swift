import DNSServer
import DNSWire

extension ClusterResponder {
    /// Answers for an ExternalName service: with the alias itself, or with what it stands for.
    func answerAlias(
        _ question: ClusterQuestion, _ target: Name, _ snapshot: ClusterSnapshot, _ comesHere: (Name) -> Bool,
        into reply: MessageWriter
    ) -> ClusterAnswer {
        switch question.type {
        case .CNAME:
            writeAlias(target, owner: nil, into: reply)
            return .records
        case .A, .AAAA:
            return follow(question, target, snapshot, comesHere, into: reply)
        default:
            return .noData
        }
    }

    /// Follows aliases within the zone until there is something to write, or somebody else has to be asked.
    ///
    /// That is where they leave the zone, where a plugin in front or another block would have been asked for the name, and where an unknown
    /// name goes on to the next plugin: same name, same answer.
    ///
    /// Aliases that lead nowhere are not shown: a loop, a chain that is too long, or an end without an address of the family.
    private func follow(
        _ question: ClusterQuestion, _ first: Name, _ snapshot: ClusterSnapshot, _ comesHere: (Name) -> Bool,
        into reply: MessageWriter
    ) -> ClusterAnswer {
        var chain = AliasChain(targets: [])
        var owner = Name(uncheckedWire: question.name.copy())
        var target = first
        while !target.isAtOrBelow(owner), !chain.targets.contains(target), chain.targets.count <= AliasChain.limit {
            let lowercased = target.lowercased
            let (asked, name) = (target.wire, lowercased.wire)
            chain.targets.append(target)
            guard let start = suffixStart(of: name.span, under: question.name.extracting(question.zoneStart...)),
                comesHere(lowercased)
            else { return .alias(chain) }
            let next = ClusterQuestion(
                name: name.span, asked: asked.span, zoneStart: start, isInReverseZone: question.isInReverseZone,
                isInMulticlusterZone: question.isInMulticlusterZone, type: question.type)
            let finding = snapshot.find(next, policy)
            if case .nothing = finding, snapshot.isSynced, passesOn(name.span) { return .alias(chain) }
            guard case .alias(let further) = finding else {
                let answer = write(chain, endingIn: finding, next, into: reply)
                guard case .noData = answer, !finding.isKnownWhole else { return answer }
                return Self.absence(in: snapshot)
            }
            owner = target
            target = further
        }
        return .noData
    }

    private func write(
        _ chain: AliasChain, endingIn finding: Finding, _ question: ClusterQuestion, into reply: MessageWriter
    ) -> ClusterAnswer {
        let start = reply.count
        let owner = write(chain, into: reply)
        let answer: ClusterAnswer =
            switch finding {
            case .service(let view, _):
                writeAddresses(
                    view.object.facts?.addresses ?? AddressList(), question.type, owner: owner, into: reply)
            case .endpoints(let view, let selection):
                if let endpoints = view.object.endpoints {
                    writeAddresses(question, endpoints, selection, question.type, owner: owner, into: reply)
                } else {
                    .noData
                }
            case .pod(let address):
                writeAddress(address, question.type, owner: owner, into: reply)
            default: .noData
            }
        guard case .records = answer else {
            reply.cut(at: start, answers: 0, authorities: 0, additionals: 0)
            return .noData
        }
        return .records
    }

    /// Writes the chain's CNAME records.
    ///
    /// - Returns: where the last target stands.
    @discardableResult
    func write(_ chain: AliasChain, into reply: MessageWriter) -> Int {
        var owner: Name?
        var offset = Self.questionOffset
        for target in chain.targets {
            offset = writeAlias(target, owner: owner, into: reply)
            owner = target
        }
        return offset
    }

    /// - Parameter owner: nil for the question's name.
    /// - Returns: where the target stands.
    @discardableResult
    private func writeAlias(_ target: Name, owner: Name?, into reply: MessageWriter) -> Int {
        let record =
            if let owner {
                reply.beginRecord(owner: owner.wire.span, type: .CNAME, ttl: policy.ttl)
            } else {
                reply.beginRecord(ownerAt: Self.questionOffset, type: .CNAME, ttl: policy.ttl)
            }
        let offset = reply.count
        reply.append(name: target.wire.span)
        reply.endRecord(record)
        return offset
    }
}

extension Finding {
    /// Whether one object is all there is to it, so that what it does not say does not exist.
    fileprivate var isKnownWhole: Bool {
        switch self {
        case .service, .pod, .node, .nameServer: true
        case .nothing, .empty, .endpoints, .alias: false
        }
    }
}

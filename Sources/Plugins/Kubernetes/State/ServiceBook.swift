import Basics
import KubernetesClient

/// Services of one origin - the cluster's own, or those that other clusters export - with their slices.
///
/// Changes are marked as they come; ``commit()`` works all marked services in at once. What did not change is kept once, in the
/// table that the snapshots share.
struct ServiceBook: Sendable {
    typealias Wire = ContiguousArray<UInt8>

    private(set) var table: NameTable<ServiceView>
    /// The services by cluster address and endpoint.
    private(set) var index = AddressIndex()
    /// The services by address from outside of the cluster.
    private(set) var externalIndex = AddressIndex()
    /// How often what is reached from outside of the cluster has changed.
    private(set) var externalChanges = 0
    /// Objects that the table does not show yet; nil for one that is gone.
    private var pending: [Wire: ServiceFacts?] = [:]
    private(set) var slices: [ObjectKey: SliceRecord] = [:]
    /// The slices of each service, those of ``lingering`` included.
    private var members: [Wire: ContiguousArray<SliceRecord>] = [:]
    private var lingering = LingeringEndpoints()
    /// The services to work in, and whether their slices have changed.
    private var dirty: [Wire: Bool] = [:]
    private var serviceList = ListTracker<Wire>()
    private var sliceList = ListTracker<ObjectKey>()

    init(mask: UInt64) {
        table = NameTable(mask: mask)
    }

    /// Whether ``commit()`` has something to do.
    var hasChanges: Bool { !dirty.isEmpty }

    // MARK: Services

    mutating func beginServices() {
        let waiting = pending.compactMap { $0.value == nil ? nil : $0.key }
        serviceList.begin(table.entries.lazy.filter { $0.facts != nil }.map(\.wire) + waiting)
    }

    /// A list shows a service.
    mutating func list(_ wire: Wire, _ facts: ServiceFacts) {
        serviceList.saw(wire)
        update(wire, facts)
    }

    mutating func endServices() {
        for wire in serviceList.end() { removeService(wire) }
    }

    mutating func update(_ wire: Wire, _ facts: ServiceFacts) {
        guard self.facts(of: wire) != facts else { return }
        pending[wire] = .some(facts)
        markService(wire)
    }

    mutating func removeService(_ wire: Wire) {
        guard facts(of: wire) != nil else { return }
        pending[wire] = .some(nil)
        markService(wire)
    }

    private mutating func markService(_ wire: Wire) {
        if dirty[wire] == nil { dirty[wire] = false }
    }

    /// What is known of a service, whether the table shows it or not.
    private func facts(of wire: Wire) -> ServiceFacts? {
        if !pending.isEmpty, let waiting = pending[wire] { return waiting }
        return table.find(wire)?.facts
    }

    // MARK: Slices

    mutating func beginSlices() {
        sliceList.begin(slices.keys)
    }

    mutating func endSlices() {
        for key in sliceList.end() { removeSlice(key) }
    }

    /// A list shows a slice.
    ///
    /// Lists are complete, so that nothing moves between two of their slices.
    mutating func list(_ key: ObjectKey, _ record: SliceRecord?) {
        sliceList.saw(key)
        replace(key, record)
    }

    /// A slice changed.
    ///
    /// - Parameters:
    ///   - record: what it says now; nil when it belongs to no service any more.
    ///   - mentioned: all addresses in it now, those of endpoints that are not ready included.
    mutating func update(_ key: ObjectKey, _ record: SliceRecord?, mentioned: () -> Set<IPAddress>, now: Duration) {
        let place = slices.index(forKey: key)
        let former = place.map { slices.values[$0] }
        guard former != record else { return dropLingering(record, mentioned) }
        if let place, let record {
            slices.values[place] = record
        } else {
            slices[key] = record
        }
        exchange(former, record)
        if let former {
            let isSameService = record?.service == former.service
            linger(former, besides: record, without: { isSameService ? mentioned() : [] }, now)
        }
        dropLingering(record, mentioned)
    }

    /// What is said not to be ready does not linger on.
    private mutating func dropLingering(_ record: SliceRecord?, _ mentioned: () -> Set<IPAddress>) {
        guard let record, lingering.has(record.service) else { return }
        let gone = lingering.drop(mentioned(), of: record.service)
        for record in gone.removed { removeMember(record) }
        for record in gone.kept { addMember(record) }
    }

    /// A slice is gone.
    mutating func delete(_ key: ObjectKey, now: Duration) {
        guard let former = slices[key] else { return }
        removeSlice(key)
        linger(former, besides: nil, without: { [] }, now)
    }

    private mutating func replace(_ key: ObjectKey, _ record: SliceRecord?) {
        let former = slices[key]
        if former != record { put(key, record, inPlaceOf: former) }
    }

    private mutating func put(_ key: ObjectKey, _ record: SliceRecord?, inPlaceOf former: SliceRecord?) {
        slices[key] = record
        exchange(former, record)
    }

    private mutating func exchange(_ former: SliceRecord?, _ record: SliceRecord?) {
        guard let former, let record, former.service == record.service else {
            if let former { removeMember(former) }
            if let record { addMember(record) }
            return
        }
        members[record.service, default: []].exchange(former, record)
        dirty[record.service] = true
    }

    private mutating func removeSlice(_ key: ObjectKey) {
        guard let former = slices.removeValue(forKey: key) else { return }
        removeMember(former)
    }

    private mutating func addMember(_ record: SliceRecord) {
        members[record.service, default: []].append(record)
        dirty[record.service] = true
    }

    private mutating func removeMember(_ record: SliceRecord) {
        if let place = members.index(forKey: record.service) {
            members.values[place].removeAll { $0 === record }
            if members.values[place].isEmpty { members.remove(at: place) }
        }
        dirty[record.service] = true
    }

    // MARK: Endpoints on their way from one slice to another

    /// Endpoints that left a slice may be about to appear in another one of the service; until then they stay for a moment.
    private mutating func linger(
        _ former: SliceRecord, besides next: SliceRecord?, without mentioned: () -> Set<IPAddress>, _ now: Duration
    ) {
        let all = members[former.service] ?? []
        // Nearly all services have one slice.
        if all.count == 1, all[0] === next { return }
        let others = all.filter { $0 !== next && !lingering.contains($0) }
        // With its last slice a service loses all endpoints.
        if others.isEmpty, next?.service != former.service {
            for record in lingering.drop(former.service) { removeMember(record) }
        }
        guard others.contains(where: { $0.mayShareEndpoints(with: former) }) else { return }
        let mentioned = mentioned()
        guard let rest = former.filtered({ !mentioned.contains($0) }) else { return }
        lingering.add(rest, now: now)
        addMember(rest)
    }

    /// When ``expire(now:)`` has something to do.
    var nextExpiry: Duration? { lingering.nextExpiry }

    /// Takes out the endpoints that did not appear elsewhere.
    mutating func expire(now: Duration) {
        for record in lingering.expire(now: now) { removeMember(record) }
    }

    // MARK: The next table

    /// Works in what has changed.
    ///
    /// - Complexity: O(log n) for each changed service, plus its own endpoints.
    mutating func commit() {
        for (wire, hasNewSlices) in dirty { commit(wire, hasNewSlices: hasNewSlices) }
        // The room that a whole list took is given back.
        let isSmall = dirty.count < 1_024
        dirty.removeAll(keepingCapacity: isSmall)
        if !pending.isEmpty { pending.removeAll(keepingCapacity: isSmall) }
    }

    private mutating func commit(_ wire: Wire, hasNewSlices: Bool) {
        let former = table.find(wire)
        var facts = former?.facts
        if !pending.isEmpty, let waiting = pending[wire] { facts = waiting }
        let endpoints = hasNewSlices ? members[wire].flatMap { EndpointTable($0) } : former?.endpoints
        let slot = table.slot(of: wire)
        var next: ServiceView?
        if facts == nil, endpoints == nil {
            table.remove(wire)
        } else {
            let view = ServiceView(wire: former?.wire ?? wire, facts: facts, endpoints: endpoints)
            table.insert(view)
            next = view
        }
        updateIndex(slot, from: former, to: next)
        if former?.facts !== facts, former?.facts?.external != facts?.external {
            externalChanges &+= 1
            updateExternalIndex(slot, from: former?.facts, to: facts)
        }
    }

    private mutating func updateExternalIndex(_ slot: UInt64, from former: ServiceFacts?, to next: ServiceFacts?) {
        for address in former?.externalAddresses.addresses ?? [] {
            let isShared = table.entries(inSlot: slot).contains {
                $0.facts?.externalAddresses.number(of: address) != nil
            }
            if !isShared { externalIndex.remove(slot, for: address) }
        }
        for address in next?.externalAddresses.addresses ?? [] { externalIndex.insert(slot, for: address) }
    }

    private mutating func updateIndex(_ slot: UInt64, from former: ServiceView?, to next: ServiceView?) {
        for (list, other) in [
            (former?.facts?.addresses, next?.facts?.addresses),
            (former?.endpoints?.addresses, next?.endpoints?.addresses),
        ] {
            list?.forEach(besides: other) { address in
                guard next?.has(address) != true else { return }
                var isShared = false
                table.forEachEntry(inSlot: slot) { isShared = isShared || $0.has(address) }
                if !isShared { index.remove(slot, for: address) }
            }
            other?.forEach(besides: list) { address in
                if former?.has(address) != true { index.insert(slot, for: address) }
            }
        }
    }
}

extension ContiguousArray<SliceRecord> {
    /// Puts `record` in the place of `former`.
    fileprivate mutating func exchange(_ former: SliceRecord, _ record: SliceRecord) {
        if let place = firstIndex(where: { $0 === former }) { self[place] = record } else { append(record) }
    }
}

extension ServiceView {
    /// Whether `address` is one of the service's cluster addresses or endpoints.
    func has(_ address: IPAddress) -> Bool {
        facts?.addresses.number(of: address) != nil || endpoints?.addresses.number(of: address) != nil
    }
}

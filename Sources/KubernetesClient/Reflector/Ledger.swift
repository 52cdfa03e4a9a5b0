/// What a reflector has told: the version of every object, in a few bytes each.
///
/// It is compared now and then with the API server's list, so that a change that the watch never told does not stay unknown.
struct Ledger: Sendable {
    /// The versions of all objects in the API server's list.
    struct Listing: Sendable {
        /// The list's own version.
        var version: UInt64
        /// The versions of the objects, by the hash of their key.
        var objects: [UInt64: UInt64]
    }

    /// The versions of all objects, by the hash of their key; nothing until a list is complete.
    private var objects: [UInt64: UInt64]?
    /// The list that is being told.
    private var listing: [UInt64: UInt64]?
    /// Objects that were deleted while a comparison is under way.
    private var deleted: Set<UInt64>?
    /// The version that was told last; nothing when versions are no numbers, so that they can not be compared.
    private(set) var version: UInt64?
    /// How many lists have begun.
    private(set) var generation = 0

    init() {}

    /// The hash that stands for an object's key.
    static func hash(_ key: ObjectKey) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(key)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }

    // MARK: What is told

    mutating func listBegan() {
        generation += 1
        listing = [:]
        deleted = nil
    }

    mutating func listed(_ metadata: ObjectMetadata) {
        listing?[Self.hash(metadata.key)] = UInt64(metadata.resourceVersion) ?? 0
    }

    mutating func listEnded(at resourceVersion: String) {
        objects = listing
        listing = nil
        version = UInt64(resourceVersion)
    }

    mutating func changed(_ metadata: ObjectMetadata) {
        objects?[Self.hash(metadata.key)] = UInt64(metadata.resourceVersion) ?? 0
        reached(metadata.resourceVersion)
    }

    mutating func deleted(_ metadata: ObjectMetadata) {
        let hash = Self.hash(metadata.key)
        objects?[hash] = nil
        listing?[hash] = nil
        deleted?.insert(hash)
        reached(metadata.resourceVersion)
    }

    /// An object was seen and not taken: no comparison shall find it missing.
    mutating func leftOut(_ metadata: ObjectMetadata) {
        let version = UInt64(metadata.resourceVersion) ?? 0
        if listing != nil {
            listing?[Self.hash(metadata.key)] = version
        } else {
            objects?[Self.hash(metadata.key)] = version
        }
    }

    mutating func reached(_ resourceVersion: String) {
        guard objects != nil, listing == nil else { return }
        version = UInt64(resourceVersion)
    }

    // MARK: Comparison

    /// Begins a comparison.
    ///
    /// - Returns: the version to ask for, or nothing when there is nothing to compare.
    mutating func beginCheck() -> UInt64? {
        guard objects != nil, listing == nil, let version else { return nil }
        deleted = []
        return version
    }

    mutating func endCheck() {
        deleted = nil
    }

    /// How many objects differ from a list that was asked for after ``beginCheck()``.
    ///
    /// While what was told stands behind the list, what was not told yet counts as a difference.
    /// - Complexity: O(n).
    func differences(from list: Listing) -> Int {
        guard let objects else { return 0 }
        // An object that was deleted, and perhaps made anew, since the list was asked for is no witness.
        let missed = list.objects.count { hash, version in
            (objects[hash] ?? 0) < version && deleted?.contains(hash) != true
        }
        let undead = objects.count { hash, version in version <= list.version && list.objects[hash] == nil }
        return missed + undead
    }
}

/// What is remembered of an entry while the source is asked for it again.
struct RefreshTicket: Sendable {
    let key: ReplyKey
    /// Where the entry stands.
    let place: CachePolicy.Place
    /// When it came: another one may have taken its place since.
    let stored: UInt64
    let expiry: UInt64
    /// How often it was asked for, which counts for the one that takes its place as well.
    let hits: UInt32
    let lastUsed: UInt32

    init(_ entry: CacheEntry, _ place: CachePolicy.Place) {
        key = entry.key
        self.place = place
        stored = entry.stored
        expiry = entry.expiry
        hits = entry.hits
        lastUsed = entry.lastUsed
    }
}

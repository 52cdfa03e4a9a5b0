import DNSServer
import Testing

@testable import Plugins

@Suite("A persistent trie of objects")
struct HashTrieTests {
    private final class Item: Sendable {
        let key: UInt64
        let note: Int

        init(_ key: UInt64, _ note: Int) {
            self.key = key
            self.note = note
        }
    }

    /// The same in every run.
    private struct Steps: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 31
        }
    }

    /// With few bits many keys share a hash, and keys that differ in high bits alone make deep branches.
    private static let hashes: [@Sendable (UInt64) -> UInt64] = [
        { $0 &* 0x9E37_79B9_7F4A_7C15 }, { $0 & 3 }, { _ in 0 }, { $0 << 58 }, { $0 << 60 | 5 },
    ]

    @Test("it holds what a dictionary holds after any changes, and copies stay as they were", arguments: 0..<5)
    func changes(kind: Int) throws {
        let hash = Self.hashes[kind]
        var random = Steps(state: UInt64(kind))
        var trie = HashTrie<Item> { hash($0.key) }
        var model: [UInt64: Int] = [:]
        var kept: [(HashTrie<Item>, [UInt64: Int])] = []
        for step in 0..<3_000 {
            let key = UInt64.random(in: 0..<200, using: &random)
            if Bool.random(using: &random) || model.count < 20 {
                trie.insert(Item(key, step)) { $0.key == key }
                model[key] = step
            } else {
                trie.remove(hash(key)) { $0.key == key }
                model[key] = nil
            }
            if step % 250 == 0 { kept.append((trie, model)) }
        }
        kept.append((trie, model))
        for (trie, model) in kept {
            var all: [UInt64: Int] = [:]
            trie.forEach { all[$0.key] = $0.note }
            #expect(all == model)
            for key in UInt64(0)..<220 {
                #expect(trie.find(hash(key)) { $0.key == key }?.object.note == model[key])
                var sharers: Set<UInt64> = []
                trie.forEach(hash(key)) { sharers.insert($0.key) }
                #expect(sharers == Set(model.keys.filter { hash($0) == hash(key) }))
            }
        }
    }

    @Test("what is taken out is freed when the last copy goes")
    func memory() {
        weak var item: Item?
        var trie = HashTrie<Item> { $0.key }
        do {
            let made = Item(7, 1)
            item = made
            trie.insert(made) { $0.key == 7 }
            trie.insert(Item(7 + 64, 2)) { $0.key == 71 }
        }
        var copy: HashTrie<Item>? = trie
        trie.remove(7) { $0.key == 7 }
        #expect(item != nil && copy != nil)
        copy = nil
        #expect(item == nil)
    }
}

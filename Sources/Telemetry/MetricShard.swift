public import Synchronization

/// The memory that one writer counts in; the scraper adds the shards up.
///
/// A worker owns one shard and is its only writer, so an increment is a load and a store of its own memory: no
/// read-modify-write, no lock, no reference counting. `MetricsRegistry.shared` is the one shard that any thread may write;
/// it pays for that with an atomic addition.
///
/// *Shape*: a table of pointers to chunks of 1,024 cells of 64 bits. A chunk is published once and never moves, so that the
/// owner and the scraper can go on while new metrics are registered.
// Unchecked because of the raw table: it is set once before the shard is shared, and everything behind it is atomic.
@safe @usableFromInline package final class MetricShard: @unchecked Sendable {
    @usableFromInline package typealias Cell = Atomic<UInt64>
    @usableFromInline typealias Chunk = Atomic<UnsafeMutablePointer<Cell>?>

    // Computed, so that they are constants in other modules too, not reads of a global.
    @inlinable static var chunkShift: Int { 10 }
    @inlinable static var chunkMask: Int { (1 << chunkShift) - 1 }
    static let chunkCells = 1 << chunkShift
    static let maximumChunks = 1_024
    /// A chunk begins on a cache line of its own, so that two workers never write the same line.
    private static let alignment = 128

    @usableFromInline let chunks: UnsafeMutablePointer<Chunk>
    @usableFromInline let hasManyWriters: Bool

    init(hasManyWriters: Bool, cells: Int) {
        self.hasManyWriters = hasManyWriters
        unsafe chunks = UnsafeMutablePointer<Chunk>.allocate(capacity: Self.maximumChunks)
        for index in 0..<Self.maximumChunks {
            unsafe (chunks + index).initialize(to: Chunk(nil))
        }
        grow(toHold: cells)
    }

    deinit {
        for index in 0..<Self.maximumChunks {
            if let chunk = unsafe chunks[index].load(ordering: .acquiring) {
                unsafe UnsafeMutableRawPointer(chunk).deallocate()
            }
        }
        unsafe chunks.deallocate()
    }

    /// Publishes chunks until `cells` cells exist.
    ///
    /// Called only under the registry's lock, hence by one thread at a time.
    func grow(toHold cells: Int) {
        let needed = min((cells + Self.chunkMask) >> Self.chunkShift, Self.maximumChunks)
        for index in 0..<needed where unsafe chunks[index].load(ordering: .relaxed) == nil {
            unsafe chunks[index].store(Self.makeChunk(), ordering: .releasing)
        }
    }

    private static func makeChunk() -> UnsafeMutablePointer<Cell> {
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: chunkCells * MemoryLayout<Cell>.stride, alignment: alignment)
        let chunk = unsafe raw.bindMemory(to: Cell.self, capacity: chunkCells)
        for index in 0..<chunkCells {
            unsafe (chunk + index).initialize(to: Cell(0))
        }
        return unsafe chunk
    }

    /// Adds to a cell; wraps around at 2^64.
    ///
    /// A cell of another registry that this shard has no memory for is left out.
    @inlinable
    package func add(_ amount: UInt64, to index: Int) {
        guard let chunk = unsafe chunks[index >> Self.chunkShift].load(ordering: .acquiring) else { return }
        let offset = index & Self.chunkMask
        if hasManyWriters {
            _ = unsafe chunk[offset].wrappingAdd(amount, ordering: .relaxed)
        } else {
            unsafe chunk[offset].store(chunk[offset].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
        }
    }

    /// What a cell holds now; 0 for a cell that this shard has no memory for.
    func value(at index: Int) -> UInt64 {
        guard let chunk = unsafe chunks[index >> Self.chunkShift].load(ordering: .acquiring) else { return 0 }
        return unsafe chunk[index & Self.chunkMask].load(ordering: .relaxed)
    }

    /// Sets a cell back; only for cells that this shard alone has counted in.
    func clear(_ index: Int) {
        guard let chunk = unsafe chunks[index >> Self.chunkShift].load(ordering: .acquiring) else { return }
        unsafe chunk[index & Self.chunkMask].store(0, ordering: .relaxed)
    }
}

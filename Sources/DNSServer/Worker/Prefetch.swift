import CDatagram

/// Has the processor begin to fetch the cache line at `address`, for somebody who will look at it soon.
///
/// Nothing is read: any address will do, also one that is not there.
package func prefetch(_ address: UnsafeRawPointer) {
    unsafe cdg_prefetch(address)
}

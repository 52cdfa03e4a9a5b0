/// A reference that does not count: who makes one knows that the object stays as long as it is used.
///
/// Retaining and releasing what a query visits was half of the work of a local answer, and objects that several workers visit
/// would be fought over. Whoever stores one says beside it what keeps the object.
@safe
@usableFromInline
package struct Uncounted<Object: AnyObject> {
    @usableFromInline let reference: Unmanaged<Object>

    @inlinable
    package init(_ object: Object) {
        unsafe reference = .passUnretained(object)
    }

    /// The object, counted.
    @inlinable package var object: Object { unsafe reference.takeUnretainedValue() }

    /// Calls `body` with the object.
    @inlinable @inline(__always)
    package func with<Result>(_ body: (Object) -> Result) -> Result {
        unsafe reference._withUnsafeGuaranteedRef(body)
    }
}

/// Objects in a fixed order that are kept here and visited without counting references.
///
/// An array's element is retained for each visit, because the array might change meanwhile. Here the owner promises that none goes
/// while it is visited.
@safe
@usableFromInline
package struct UncountedObjects<Object: AnyObject>: ~Copyable {
    @usableFromInline package let count: Int
    @usableFromInline let base: UnsafeMutablePointer<Unmanaged<Object>>

    @inlinable
    package init(_ objects: some Collection<Object>) {
        count = objects.count
        unsafe base = .allocate(capacity: max(objects.count, 1))
        var index = 0
        for object in objects {
            unsafe (base + index).initialize(to: .passRetained(object))
            index += 1
        }
    }

    /// Takes the objects of another list.
    @inlinable
    package init(copying other: borrowing UncountedObjects) {
        count = other.count
        unsafe base = .allocate(capacity: max(other.count, 1))
        for index in 0..<count {
            let object = unsafe other.base[index]
            unsafe (base + index).initialize(to: object.retain())
        }
    }

    @inlinable deinit {
        for index in 0..<count { unsafe base[index].release() }
        unsafe base.deallocate()
    }

    /// The object at `index`, counted.
    @inlinable package subscript(index: Int) -> Object {
        precondition(index >= 0 && index < count, "an object of the list")
        return unsafe base[index].takeUnretainedValue()
    }

    /// Calls `body` with the object at `index`.
    @inlinable @inline(__always)
    package func with<Result>(_ index: Int, _ body: (Object) -> Result) -> Result {
        precondition(index >= 0 && index < count, "an object of the list")
        return unsafe base[index]._withUnsafeGuaranteedRef(body)
    }

    /// Lets `body` change which object stands at `index`, which nobody may be visiting.
    ///
    /// Meanwhile `body` has the only reference that the list had.
    @inlinable
    package func change(_ index: Int, _ body: (inout Object) -> Void) {
        precondition(index >= 0 && index < count, "an object of the list")
        var object = unsafe base[index].takeRetainedValue()
        body(&object)
        unsafe base[index] = .passRetained(object)
    }

    /// Puts `object` in place of the one at `index`.
    ///
    /// - Returns: the former one, which whoever is visiting it must keep until the visit ends.
    @inlinable
    package func replace(_ index: Int, with object: Object) -> Object {
        precondition(index >= 0 && index < count, "an object of the list")
        let former = unsafe base[index]
        unsafe base[index] = .passRetained(object)
        return unsafe former.takeRetainedValue()
    }
}

// The list itself does not change but by its owner, who alone calls `replace`.
extension UncountedObjects: @unchecked Sendable where Object: Sendable {}

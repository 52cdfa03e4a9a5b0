import HashTreeCollections
import KubernetesClient

extension ClusterModel {
    /// Writes all objects.
    ///
    /// - Parameter flush: called after each object; may take what was written until now.
    func encode(
        into encoder: inout StateEncoder, flush: (inout StateEncoder) throws(StateFileError) -> Void
    ) throws(StateFileError) {
        let namespaces = self.namespaces.table.entries
        encoder.write(UInt32(truncatingIfNeeded: namespaces.count))
        for namespace in namespaces {
            encoder.write(namespace.wire)
            try flush(&encoder)
        }
        try services.encode(into: &encoder, flush: flush)
        try imports.encode(into: &encoder, flush: flush)
        try pods.encode(into: &encoder, flush: flush)
    }

    /// Takes over objects that were written before: all that is known until a list says otherwise.
    mutating func restore(from decoder: inout StateDecoder) throws(StateFileError) {
        for _ in 0..<(try decoder.read(UInt32.self)) { namespaces.insert(try decoder.readLabels(1)) }
        try services.restore(from: &decoder)
        try imports.restore(from: &decoder)
        try pods.restore(from: &decoder, namespaces.table)
        isRestored = true
    }
}

extension ServiceBook {
    fileprivate func encode(
        into encoder: inout StateEncoder, flush: (inout StateEncoder) throws(StateFileError) -> Void
    ) throws(StateFileError) {
        let views = table.entries.filter { $0.facts != nil }
        encoder.write(UInt32(truncatingIfNeeded: views.count))
        for view in views {
            encoder.write(view.wire)
            view.facts?.encode(into: &encoder)
            try flush(&encoder)
        }
        encoder.write(UInt32(truncatingIfNeeded: slices.count))
        for (key, record) in slices {
            encoder.write(key)
            record.encode(into: &encoder)
            try flush(&encoder)
        }
    }

    fileprivate mutating func restore(from decoder: inout StateDecoder) throws(StateFileError) {
        for _ in 0..<(try decoder.read(UInt32.self)) {
            let wire = try decoder.readLabels(2)
            update(wire, try ServiceFacts(from: &decoder))
        }
        for _ in 0..<(try decoder.read(UInt32.self)) {
            let key = try decoder.readKey()
            list(key, try SliceRecord(from: &decoder))
        }
    }
}

extension PodBook {
    fileprivate func encode(
        into encoder: inout StateEncoder, flush: (inout StateEncoder) throws(StateFileError) -> Void
    ) throws(StateFileError) {
        encoder.write(UInt32(truncatingIfNeeded: places.count))
        for (key, place) in places {
            encoder.write(key)
            encoder.write(place.address)
            let labels = clients?[place.address]?.first { $0.key == key }?.labels ?? [:]
            encoder.write(UInt32(truncatingIfNeeded: labels.count))
            for (name, value) in labels {
                encoder.write(name)
                encoder.write(value)
            }
            try flush(&encoder)
        }
    }

    fileprivate mutating func restore(
        from decoder: inout StateDecoder, _ namespaces: NameTable<NamespaceEntry>
    ) throws(StateFileError) {
        for _ in 0..<(try decoder.read(UInt32.self)) {
            let key = try decoder.readKey()
            let address = try decoder.readAddress()
            guard let namespace = WireLabel.encode(key.namespace) else { throw decoder.malformed }
            var labels: [String: String] = [:]
            for _ in 0..<(try decoder.read(UInt32.self)) {
                let name = try decoder.readText()
                labels[name] = try decoder.readText()
            }
            insert(key, Place(address: address, slot: namespaces.slot(of: namespace)), labels: labels)
        }
    }
}

extension StateEncoder {
    fileprivate mutating func write(_ key: ObjectKey) {
        write(key.namespace)
        write(key.name)
    }
}

extension StateDecoder {
    fileprivate mutating func readKey() throws(StateFileError) -> ObjectKey {
        let namespace = try readText()
        return ObjectKey(namespace: namespace, name: try readText())
    }
}

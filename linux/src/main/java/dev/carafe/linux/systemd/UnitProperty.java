package dev.carafe.linux.systemd;

/** A property of a unit, by its name on D-Bus. */
public record UnitProperty(String name, BusValue value) {

    BusValue toStructure() {
        return BusValue.structure(BusValue.text(name), new BusValue.Variant(value));
    }
}

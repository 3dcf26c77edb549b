package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.ImageConfig;
import java.util.List;

/**
 * All that whoever wants an instance may ask for, beside its image and name. What is not asked for is the image's
 * choice, and where an image has none, the engine's; {@link #DEFAULT} asks for nothing.
 *
 * {@snippet :
 * InstanceOptions options = InstanceOptions.DEFAULT
 *         .withProgram(Program.of("sleep", "60"))
 *         .withLimits(Limits.NONE.withMemory(MemoryLimits.of(64 << 20)));
 * }
 *
 * <p>It is kept as JSON. Members that are absent have their defaults, so that this Carafe reads what older ones wrote;
 * members that are unknown are ignored. As one that is ignored might have made an instance safer, whoever adds such a
 * member raises {@link #VERSION}, and a version from the future is refused.
 */
public record InstanceOptions(
        Program program,
        Identity identity,
        Limits limits,
        Security security,
        Devices devices,
        Namespaces namespaces,
        Storage storage,
        NetworkOptions network,
        Policies policies) {

    /** The version of the JSON that is written, and the newest that is read. */
    static final int VERSION = 1;

    /** Nothing is asked for. */
    public static final InstanceOptions DEFAULT = new InstanceOptions(
            Program.OF_THE_IMAGE,
            Identity.NONE,
            Limits.NONE,
            Security.DEFAULT,
            Devices.NONE,
            Namespaces.DEFAULT,
            Storage.DEFAULT,
            NetworkOptions.DEFAULT,
            Policies.DEFAULT);

    public InstanceOptions {
        if (namespaces.uts().isHost() && identity.hasHostName()) {
            throw Rules.broken(
                    "identity.hostname",
                    "the machine's own name would change, as namespaces.uts is host: leave one of them away");
        }
        if (network.mode() instanceof NetworkMode.OfInstance
                && identity.hostname().isPresent()) {
            throw Rules.broken(
                    "identity.hostname",
                    "an instance that shares another's network has its name too: leave one of them away");
        }
        namespaces.checkSysctls(network.mode() == NetworkMode.Simple.HOST);
    }

    public InstanceOptions withProgram(Program changed) {
        return new InstanceOptions(
                changed, identity, limits, security, devices, namespaces, storage, network, policies);
    }

    public InstanceOptions withIdentity(Identity changed) {
        return new InstanceOptions(program, changed, limits, security, devices, namespaces, storage, network, policies);
    }

    public InstanceOptions withLimits(Limits changed) {
        return new InstanceOptions(
                program, identity, changed, security, devices, namespaces, storage, network, policies);
    }

    public InstanceOptions withSecurity(Security changed) {
        return new InstanceOptions(program, identity, limits, changed, devices, namespaces, storage, network, policies);
    }

    public InstanceOptions withDevices(Devices changed) {
        return new InstanceOptions(
                program, identity, limits, security, changed, namespaces, storage, network, policies);
    }

    public InstanceOptions withNamespaces(Namespaces changed) {
        return new InstanceOptions(program, identity, limits, security, devices, changed, storage, network, policies);
    }

    public InstanceOptions withStorage(Storage changed) {
        return new InstanceOptions(
                program, identity, limits, security, devices, namespaces, changed, network, policies);
    }

    public InstanceOptions withNetwork(NetworkOptions changed) {
        return new InstanceOptions(
                program, identity, limits, security, devices, namespaces, storage, changed, policies);
    }

    public InstanceOptions withPolicies(Policies changed) {
        return new InstanceOptions(program, identity, limits, security, devices, namespaces, storage, network, changed);
    }

    /** The same with other mounts: those of other instances have been found, volumes without names have got some. */
    public InstanceOptions withMounts(List<InstanceMount> mounts) {
        return withStorage(storage.withMounts(mounts));
    }

    /**
     * The whole of what is asked for: this, over what an image says of itself. To be made once, when the instance is
     * made: what of that changes later is no longer the image's.
     *
     * @throws InvalidDocumentException if the image says something that cannot be, or there is no program to run
     */
    public InstanceOptions over(ImageConfig.Execution image) {
        return new ImageWishes(image).under(this);
    }

    /** Writes the members of the object that has been begun. */
    public void write(JsonWriter out) {
        out.put("version", VERSION);
        program.write(out.object("program"));
        out.endOrOmit();
        identity.write(out.object("identity"));
        out.endOrOmit();
        limits.write(out.object("limits"));
        out.endOrOmit();
        security.write(out.object("security"));
        out.endOrOmit();
        devices.write(out.object("devices"));
        out.endOrOmit();
        namespaces.write(out.object("namespaces"));
        out.endOrOmit();
        storage.write(out.object("storage"));
        out.endOrOmit();
        network.write(out.object("network"));
        out.endOrOmit();
        policies.write(out.object("policies"));
        out.endOrOmit();
    }

    /**
     * Reads the object that the cursor stands in.
     *
     * @throws InvalidDocumentException if it is damaged, or written by a Carafe whose records this one cannot read
     */
    public static InstanceOptions read(JsonCursor in) {
        try {
            long version = in.integer("version", INT32);
            if (version < 1 || version > VERSION) {
                throw in.problem("version", version + " was written by a newer Carafe; this one reads " + VERSION);
            }
            return new InstanceOptions(
                    in.enter("program") ? in.leave(Program.read(in)) : Program.OF_THE_IMAGE,
                    in.enter("identity") ? in.leave(Identity.read(in)) : Identity.NONE,
                    in.enter("limits") ? in.leave(Limits.read(in)) : Limits.NONE,
                    in.enter("security") ? in.leave(Security.read(in)) : Security.DEFAULT,
                    in.enter("devices") ? in.leave(Devices.read(in)) : Devices.NONE,
                    in.enter("namespaces") ? in.leave(Namespaces.read(in)) : Namespaces.DEFAULT,
                    in.enter("storage") ? in.leave(Storage.read(in)) : Storage.DEFAULT,
                    in.enter("network") ? in.leave(NetworkOptions.read(in)) : NetworkOptions.DEFAULT,
                    in.enter("policies") ? in.leave(Policies.read(in)) : Policies.DEFAULT);
        } catch (InvalidDocumentException wrong) {
            throw in.locate(wrong);
        }
    }

    /**
     * Reads a document that is nothing else.
     *
     * @param name what messages call it
     */
    public static InstanceOptions parse(String name, byte[] bytes) {
        return read(new JsonCursor(name, Json.parse(name, bytes)));
    }

    /** As a document of its own. */
    public String toJson() {
        JsonWriter out = new JsonWriter("").object();
        write(out);
        return out.end().text();
    }
}

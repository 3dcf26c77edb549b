package dev.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A structure of the kernel's interface: which members it has and where each begins, as C lays them out on a machine of
 * 64 bits. The members' types are the kernel's.
 *
 * <p>{@link java.lang.foreign.StructLayout} says as much and more. Its first use takes Java more than ten milliseconds
 * where there is no ahead-of-time cache, a fifteenth of what the daemon takes to begin.
 */
final class Struct {

    /**
     * What a structure holds.
     *
     * @param name empty for what the kernel keeps for later
     * @param offset where it begins, in bytes
     * @param size in bytes
     */
    record Member(String name, int offset, int size) {}

    /**
     * A member without its place.
     *
     * @param size in bytes
     * @param alignment a multiple of which its offset is
     */
    record Type(String name, int size, int alignment) {}

    private final String name;
    private final List<Member> members;
    private final int size;
    private final int alignment;

    private Struct(String name, boolean packed, Type... types) {
        this.name = name;
        List<Member> placed = new ArrayList<>(types.length);
        int end = 0;
        int widest = 1;
        for (Type type : types) {
            int unit = packed ? 1 : type.alignment;
            int start = aligned(end, unit);
            placed.add(new Member(type.name, start, type.size));
            end = start + type.size;
            widest = Math.max(widest, unit);
        }
        this.members = List.copyOf(placed);
        this.size = aligned(end, widest);
        this.alignment = widest;
    }

    /** One whose members begin where their own size divides the offset. */
    static Struct of(String name, Type... members) {
        return new Struct(name, false, members);
    }

    /** One whose members follow each other without a gap. */
    static Struct packed(String name, Type... members) {
        return new Struct(name, true, members);
    }

    static Type u8(String name) {
        return new Type(name, Byte.BYTES, Byte.BYTES);
    }

    static Type u16(String name) {
        return new Type(name, Short.BYTES, Short.BYTES);
    }

    static Type u32(String name) {
        return new Type(name, Integer.BYTES, Integer.BYTES);
    }

    /** A number of eight bytes or a pointer. */
    static Type u64(String name) {
        return new Type(name, Long.BYTES, Long.BYTES);
    }

    static Type bytes(String name, int count) {
        return new Type(name, count, Byte.BYTES);
    }

    /** Bytes that have no name here. */
    static Type reserved(int count) {
        return bytes("", count);
    }

    /** A structure in a structure. */
    Type as(String member) {
        return new Type(member, size, alignment);
    }

    String name() {
        return name;
    }

    List<Member> members() {
        return members;
    }

    /** In bytes. */
    int size() {
        return size;
    }

    /** Where a member begins, in bytes. */
    int offset(String member) {
        return find(member).offset;
    }

    /** How many bytes a member has. */
    int size(String member) {
        return find(member).size;
    }

    /** Memory for one, all zero. */
    MemorySegment allocate(Arena arena) {
        return allocate(arena, 1);
    }

    /** Memory for several that follow each other, all zero. */
    MemorySegment allocate(Arena arena, int count) {
        return arena.allocate((long) size * count, alignment);
    }

    private Member find(String member) {
        for (Member candidate : members) {
            if (candidate.name.equals(member)) {
                return candidate;
            }
        }
        throw new IllegalArgumentException(name + " has no member " + member);
    }

    private static int aligned(int offset, int unit) {
        return (offset + unit - 1) / unit * unit;
    }

    @Override
    public String toString() {
        return name;
    }
}

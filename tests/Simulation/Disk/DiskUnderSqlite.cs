using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Apex.Simulation.Disk;

/// <summary>
/// Puts simulated disks under the real SQLite, as the file system ("VFS") it uses by default in this process:
/// https://www.sqlite.org/vfs.html. A database in the folder <c>/NAME</c> lies on the disk mounted under that name.
/// </summary>
internal static unsafe class DiskUnderSqlite
{
    private const int Ok = 0, Busy = 5, NotFound = 12, Full = 13, CannotOpen = 14;
    private const int ReadError = 266, ShortRead = 522, WriteError = 778, SyncError = 1034;
    private const int OpenCreate = 0x4, OpenDeleteOnClose = 0x8;
    private const int ShmUnlock = 1, ShmExclusive = 8;
    private const int SectorBytes = 512;

    /// <summary>Writes over what was there already leave the neighbours whole; a page may still be torn.</summary>
    private const int PowersafeOverwrite = 0x1000;

    private static readonly Dictionary<string, SimulatedDisk> Mounted = [];
    private static readonly Dictionary<nint, OpenFile> Files = [];
    private static Methods* _methods;
    private static nint _lastId;
    private static ulong _random = 1;

    public static void Mount(string name, SimulatedDisk disk) => Mounted[name] = disk;

    public static void Unmount(string name) => Mounted.Remove(name);

    /// <summary>Files that SQLite has open on any disk.</summary>
    public static int OpenFiles => Files.Count;

    /// <summary>Before the first database is opened.</summary>
    public static void Install()
    {
        var library = NativeLibrary.Load(OperatingSystem.IsMacOS() ? "/usr/lib/libsqlite3.dylib" : "libsqlite3.so.0");
        var register = (delegate* unmanaged<Vfs*, int, int>)NativeLibrary.GetExport(library, "sqlite3_vfs_register");
        _methods = (Methods*)NativeMemory.AllocZeroed((nuint)sizeof(Methods));
        *_methods = new Methods
        {
            Version = 2,
            Close = &Close,
            Read = &Read,
            Write = &Write,
            Truncate = &Truncate,
            Sync = &Sync,
            FileSize = &FileSize,
            Lock = &Lock,
            Unlock = &Unlock,
            CheckReservedLock = &CheckReservedLock,
            FileControl = &FileControl,
            SectorSize = &SectorSize,
            DeviceCharacteristics = &DeviceCharacteristics,
            ShmMap = &ShmMap,
            ShmLock = &ShmLock,
            ShmBarrier = &ShmBarrier,
            ShmUnmap = &ShmUnmap,
        };
        var vfs = (Vfs*)NativeMemory.AllocZeroed((nuint)sizeof(Vfs));
        *vfs = new Vfs
        {
            Version = 1,
            FileBytes = sizeof(Handle),
            LongestPath = 512,
            Name = (byte*)Marshal.StringToCoTaskMemUTF8("apex-simulated"),
            Open = &Open,
            Delete = &Delete,
            Access = &Access,
            FullPathname = &FullPathname,
            Randomness = &Randomness,
            Sleep = &Sleep,
            CurrentTime = &CurrentTime,
            GetLastError = &GetLastError,
        };
        if (register(vfs, 1) != Ok)
            throw new InvalidOperationException("SQLite refused the simulated disk.");
    }

    private static OpenFile Of(Handle* handle) => Files[handle->Id];

    /// <returns>The disk, and the file's name on it.</returns>
    private static (SimulatedDisk? Disk, string Name) Find(byte* path)
    {
        var text = path is null ? "" : Marshal.PtrToStringUTF8((nint)path)!; // Only null gives null.
        var end = text.IndexOf('/', 1);
        return end > 0 && Mounted.TryGetValue(text[1..end], out var disk) ? (disk, text[end..]) : (null, text);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(Vfs* vfs, byte* name, Handle* handle, int flags, int* outFlags)
    {
        handle->Methods = null;
        if (Find(name) is not ({ IsDead: false } disk, var path) || ((flags & OpenCreate) == 0 && !disk.Exists(path)))
            return CannotOpen;
        handle->Id = ++_lastId;
        Files[handle->Id] = new OpenFile(disk, path, (flags & OpenDeleteOnClose) != 0) { Id = handle->Id };
        handle->Methods = _methods;
        if (outFlags is not null)
            *outFlags = flags;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Delete(Vfs* vfs, byte* name, int syncFolder)
    {
        if (Find(name) is not ({ IsDead: false } disk, var path))
            return WriteError;
        disk.Delete(path);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Access(Vfs* vfs, byte* name, int flags, int* result)
    {
        *result = Find(name) is ({ } disk, var path) && disk.Exists(path) ? 1 : 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FullPathname(Vfs* vfs, byte* name, int room, byte* into)
    {
        var path = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
        if (path.Length + 1 > room)
            return CannotOpen;
        path.CopyTo(new Span<byte>(into, room));
        into[path.Length] = 0;
        return Ok;
    }

    /// <summary>Salts of the log; nothing that anybody sees depends on them.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Randomness(Vfs* vfs, int count, byte* into)
    {
        for (var i = 0; i < count; i++)
        {
            _random = (_random * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
            into[i] = (byte)(_random >> 56);
        }

        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(Vfs* vfs, int microseconds) => microseconds;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CurrentTime(Vfs* vfs, double* julianDay)
    {
        *julianDay = 2_461_000;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetLastError(Vfs* vfs, int count, byte* into) => Ok;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(Handle* handle)
    {
        Of(handle).Close();
        Files.Remove(handle->Id);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(Handle* handle, byte* into, int count, long offset)
    {
        var file = Of(handle);
        if (file.Disk.IsDead)
            return ReadError;
        var buffer = new Span<byte>(into, count);
        var read = file.File.Read(offset, buffer);
        if (read == count)
            return Ok;
        buffer[read..].Clear();
        return ShortRead;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(Handle* handle, byte* from, int count, long offset)
    {
        var file = Of(handle);
        switch (file.Disk.NextOperation())
        {
            case DiskFault.Full:
                return Full;
            case DiskFault.WriteError:
                return WriteError;
        }

        file.File.Write(offset, new ReadOnlySpan<byte>(from, count));
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(Handle* handle, long length)
    {
        var file = Of(handle);
        if (file.Disk.NextOperation() is DiskFault.WriteError)
            return WriteError;
        file.File.Truncate(length);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(Handle* handle, int flags)
    {
        var file = Of(handle);
        if (file.Disk.NextOperation() is DiskFault.WriteError or DiskFault.SyncError)
            return SyncError;
        if (!file.Disk.LiesAboutSync)
            file.File.Sync();
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(Handle* handle, long* size)
    {
        *size = Of(handle).File.Length;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(Handle* handle, int level) => Of(handle).TryLock(level) ? Ok : Busy;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unlock(Handle* handle, int level)
    {
        Of(handle).Unlock(level);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(Handle* handle, int* result)
    {
        *result = Of(handle).IsReserved ? 1 : 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(Handle* handle, int operation, void* argument) => NotFound;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(Handle* handle) => SectorBytes;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceCharacteristics(Handle* handle) => PowersafeOverwrite;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmMap(Handle* handle, int region, int size, int extend, void** into)
    {
        *into = (void*)Of(handle).Map(region, size, extend != 0);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmLock(Handle* handle, int offset, int count, int flags)
    {
        var file = Of(handle);
        if ((flags & ShmUnlock) == 0)
            return file.TryLockIndex(offset, count, (flags & ShmExclusive) != 0) ? Ok : Busy;
        file.UnlockIndex(offset, count);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ShmBarrier(Handle* handle)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmUnmap(Handle* handle, int delete)
    {
        Of(handle).LeaveIndex();
        return Ok;
    }

    /// <summary>sqlite3_file, with our own field behind its one.</summary>
    private struct Handle
    {
        public Methods* Methods;
        public nint Id;
    }

    /// <summary>sqlite3_io_methods, version 2.</summary>
    private struct Methods
    {
        public int Version;
        public delegate* unmanaged[Cdecl]<Handle*, int> Close;
        public delegate* unmanaged[Cdecl]<Handle*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<Handle*, byte*, int, long, int> Write;
        public delegate* unmanaged[Cdecl]<Handle*, long, int> Truncate;
        public delegate* unmanaged[Cdecl]<Handle*, int, int> Sync;
        public delegate* unmanaged[Cdecl]<Handle*, long*, int> FileSize;
        public delegate* unmanaged[Cdecl]<Handle*, int, int> Lock;
        public delegate* unmanaged[Cdecl]<Handle*, int, int> Unlock;
        public delegate* unmanaged[Cdecl]<Handle*, int*, int> CheckReservedLock;
        public delegate* unmanaged[Cdecl]<Handle*, int, void*, int> FileControl;
        public delegate* unmanaged[Cdecl]<Handle*, int> SectorSize;
        public delegate* unmanaged[Cdecl]<Handle*, int> DeviceCharacteristics;
        public delegate* unmanaged[Cdecl]<Handle*, int, int, int, void**, int> ShmMap;
        public delegate* unmanaged[Cdecl]<Handle*, int, int, int, int> ShmLock;
        public delegate* unmanaged[Cdecl]<Handle*, void> ShmBarrier;
        public delegate* unmanaged[Cdecl]<Handle*, int, int> ShmUnmap;
    }

    // What is left out of the table is null for SQLite too.
#pragma warning disable CS0649
    /// <summary>sqlite3_vfs, version 1.</summary>
    private struct Vfs
    {
        public int Version;
        public int FileBytes;
        public int LongestPath;
        public Vfs* Next;
        public byte* Name;
        public void* Data;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, Handle*, int, int*, int> Open;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, int, int> Delete;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, int, int*, int> Access;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, int, byte*, int> FullPathname;
        public void* LibraryOpen;
        public void* LibraryError;
        public void* LibrarySymbol;
        public void* LibraryClose;
        public delegate* unmanaged[Cdecl]<Vfs*, int, byte*, int> Randomness;
        public delegate* unmanaged[Cdecl]<Vfs*, int, int> Sleep;
        public delegate* unmanaged[Cdecl]<Vfs*, double*, int> CurrentTime;
        public delegate* unmanaged[Cdecl]<Vfs*, int, byte*, int> GetLastError;
    }
#pragma warning restore CS0649
}

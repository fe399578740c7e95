"""Names of files that computers leave in a folder by themselves: when a person opens it or one of
its files, when it is on a network drive, when it is copied or synchronised.

No archive key has such a name, so no archived file is ever taken for litter. Unfinished downloads,
editors' backups and second copies are not litter: a person should know of them.
"""

import fnmatch
import re

LITTER = (
    # macOS, also on drives and in zip files; Icon ends in a carriage return
    *(".DS_Store", "._*", "Icon\r", "Icon\uf00d", "__MACOSX", ".localized", ".LSOverride"),
    *(".Spotlight-V100", ".fseventsd", ".TemporaryItems", "Temporary Items", ".Trash", ".Trashes"),
    *(".DocumentRevisions-V100", ".VolumeIcon.icns", ".metadata_never_index", ".apdisk"),
    *(".AppleDB", ".AppleDesktop", ".AppleDouble", "Network Trash Folder", ".com.apple.*"),
    # Windows
    *("Thumbs.db", "Thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"),
    *("$RECYCLE.BIN", "System Volume Information"),
    # office programs and editors, while a file is open
    *("~$*", ".~lock.*#", ".*.sw[a-p]"),
    # Linux
    *(".directory", ".Trash-*", ".fuse_hidden*", ".nfs0*", ".thumbnails"),
    # network drives
    *("@eaDir", "*@SynoEAStream", "*@SynoResource", "@tmp", "#recycle", "#snapshot", ".snapshot"),
    *("@Recycle", "@Recently-Snapshot", ".@__thumb", ".@upload_cache", ".streams"),
    *(".SynologyWorkingDirectory",),
    # programs that copy and synchronise
    *(".dropbox", ".dropbox.attr", ".dropbox.cache", ".tmp.drivedownload", ".tmp.driveupload"),
    *(".stfolder", ".stfolder (*)", ".stversions", ".stignore", ".sync", ".sync_*.db*"),
    *(".owncloudsync.log*", ".nextcloudsync.log*", ".~tmp", ".~tmp~"),
    ".849C9593-D756-4E56-8D6E-42412F2A707B",  # OneDrive
)
"""Patterns of file and folder names, with `*` for any text; upper and lower case are the same."""

_ANY = re.compile("|".join(map(fnmatch.translate, LITTER)), re.IGNORECASE | re.ASCII)


def litter_pattern(name: str) -> str | None:
    """The pattern of LITTER that matches a file's or folder's name; None if there is none."""
    if not _ANY.match(name):
        return None
    lower = name.lower()
    return next(one for one in LITTER if fnmatch.fnmatchcase(lower, one.lower()))

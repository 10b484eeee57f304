package admin

import (
	"io/fs"
	"os"
	"path"
	"strings"
)

// walkBlobs calls each with the path, below dir, of every blob that is there whole.
func walkBlobs(dir string, each func(name string) error) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "tmp" && entry.IsDir(): // what is being written
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		return each(name)
	})
}

// blobKey is the key of the blob at a path: files/019c…3f of files/3f/019c…3f.
func blobKey(name string) string {
	folder, base := path.Split(name)
	return path.Join(path.Dir(strings.TrimSuffix(folder, "/")), base)
}

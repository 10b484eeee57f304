package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
)

func newBackup() *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "backup --data DIR FILE",
		Short: "Write everything into one archive",
		Long: `Write one archive (tar.gz) with a consistent copy of the database, all files and recordings, the configuration, and
the secret of access tokens. Works while the server runs, and while it does not. FILE appears only when it is complete.

The archive is for its owner alone (mode 0600): who can read it can read everything and sign tokens.`,
		Example: `  voki backup --data ./voki-data "voki-$(date +%F).tar.gz"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return where.withData(c.Context(), func(ops admin.Ops) error {
				size, err := writeWhole(args[0], func(w io.Writer) error { return ops.Backup(c.Context(), w) })
				if err != nil {
					return fmt.Errorf("backup: %w", err)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %d bytes\n", args[0], size)
				fmt.Fprintln(c.ErrOrStderr(), "It may hold the secret that signs access tokens: keep it as safe as the server.")
				return nil
			})
		},
	}
	where.flags(c)
	return c
}

// writeWhole writes a file that appears under its name only when it is complete and on the disk.
func writeWhole(name string, write func(io.Writer) error) (size int64, err error) {
	temp := name + ".tmp"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return 0, err
	}
	if err := os.Rename(temp, name); err != nil {
		return 0, err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return size, nil // it is in place; not every system lets folders be opened
	}
	return size, errors.Join(folder.Sync(), folder.Close())
}

func newRestore() *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "restore --data DIR FILE",
		Short: "Make a data directory of an archive",
		Long: `Make a data directory of an archive that voki backup has written. DIR must be empty or not there. The archive is
unpacked and verified beside it; DIR appears only when everything is in order. If it is killed, a directory is left beside
DIR with what it has unpacked; the next restore names it.`,
		Example: `  voki restore --data ./restored voki-2026-02-18.tar.gz
  voki serve --data ./restored`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close() // only read
			unpacked, err := admin.Unpacked(where.dir())
			if err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			for _, dir := range unpacked {
				c.PrintErrf("%s is of another restore: remove it, if that was killed\n", dir)
			}
			report, err := admin.Restore(c.Context(), where.dir(), f)
			if err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			printReport(c.OutOrStdout(), report)
			return nil
		},
	}
	c.Flags().StringVar(&where.data, "data", "", "`directory` to make")
	_ = c.MarkFlagRequired("data") // fails only for a flag that there is not
	return c
}

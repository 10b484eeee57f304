package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/avanter/voki/examples/selfhosted/datadir"
)

// maxAddress is how many bytes the path of a socket may have where systems allow the fewest.
const maxAddress = 103

// Listen makes the socket of a directory, for its owner alone, in place of one that a dead server has left. Whoever
// calls it has the data open, so there is no other server.
func Listen(dir datadir.Dir) (net.Listener, error) {
	l, err := listen(dir)
	if err != nil {
		return nil, fmt.Errorf("socket for the other commands: %w", err)
	}
	return l, nil
}

// listen makes the socket in a folder that nobody else may enter, and moves it to its place with its mode set.
func listen(dir datadir.Dir) (net.Listener, error) {
	folder, err := os.MkdirTemp(string(dir), datadir.TempPrefix+"*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) // a leftover is removed at the next start
	made := filepath.Join(folder, datadir.SocketName)
	var l *net.UnixListener
	err = shortly(made, func(address string) error {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, dir.Path(datadir.SocketName))
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// RemoveSocket removes the socket of a directory after its server has ended.
func RemoveSocket(dir datadir.Dir) error { return os.Remove(dir.Path(datadir.SocketName)) }

func dialSocket(ctx context.Context, dir datadir.Dir) (conn net.Conn, err error) {
	err = shortly(dir.Path(datadir.SocketName), func(address string) error {
		conn, err = new(net.Dialer).DialContext(ctx, "unix", address)
		return err
	})
	return conn, err
}

// shortly calls use with an address of the socket at path that is short enough for the system.
func shortly(path string, use func(address string) error) error {
	if len(path) <= maxAddress {
		return use(path)
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the path %s is too long, %d bytes: move the data directory to one of at most %d", path, len(path), maxAddress)
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close() // only read
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), filepath.Base(path)))
}

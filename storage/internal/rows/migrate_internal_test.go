package rows

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage/internal/kv"
)

func TestMigrationsRunInOrderFromTheFilesVersion(t *testing.T) {
	t.Parallel()
	var ran []int
	step := func(n int, err error) func(kv.Writer) error {
		return func(kv.Writer) error {
			ran = append(ran, n)
			return err
		}
	}
	broken := errors.New("a row that cannot be brought over")
	for _, c := range []struct {
		from uint32
		last error
		ran  []int
		want string
	}{
		{from: 1, ran: []int{1, 2, 3}},
		{from: 3, ran: []int{3}},
		{from: 2, last: broken, ran: []int{2, 3}, want: "from format version 3"},
		{from: 0, want: "nothing leads from format version 0"},
		{from: 4, want: "nothing leads from format version 4"},
	} {
		ran = nil
		err := migrate([]func(kv.Writer) error{step(1, nil), step(2, nil), step(3, c.last)}, c.from, nil)
		require.Equal(t, c.ran, ran)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
		if c.last != nil {
			require.ErrorIs(t, err, c.last)
		}
	}
}

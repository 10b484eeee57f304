package rows

import "github.com/avanter/voki/storage/internal/rowcodec"

// Setting implements [storage.Tx].
func (t *tx) Setting(name string) ([]byte, error) {
	value, found, err := read(t, keyOf(tableSetting, name), decodeSetting)
	if found && value == nil {
		value = []byte{} // it was put, and empty
	}
	return value, err
}

// PutSetting implements [storage.Tx].
func (t *tx) PutSetting(name string, value []byte) error {
	return t.put(keyOf(tableSetting, name), settingRow(value))
}

func settingRow(value []byte) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) { w.Bytes(1, value) }
}

func decodeSetting(r *rowcodec.Reader) (value []byte) {
	for r.Next() {
		if r.Field() == 1 {
			value = r.Bytes()
		}
	}
	return value
}

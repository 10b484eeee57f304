package rows

import (
	"time"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

func jobRow(j follow.Job) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, j.Queue)
		w.String(2, j.Kind)
		w.String(3, j.CallID)
		w.Uint(4, j.Seq)
		w.String(5, j.Target)
		w.String(6, j.Lane)
		w.String(7, string(j.State))
		w.Int(8, int64(j.Attempts))
		w.Time(9, j.Due)
		w.String(10, j.Lease)
		w.Time(11, j.CreatedAt)
		w.Time(12, j.Since)
		w.Time(13, j.EndedAt)
		w.String(14, j.Result)
		w.String(15, j.LastError)
		for _, try := range j.Tries {
			w.Record(16, tryRow(try))
		}
	}
}

func decodeJob(r *rowcodec.Reader) (j follow.Job) {
	for r.Next() {
		switch r.Field() {
		case 1:
			j.Queue = r.String()
		case 2:
			j.Kind = r.String()
		case 3:
			j.CallID = r.String()
		case 4:
			j.Seq = r.Uint()
		case 5:
			j.Target = r.String()
		case 6:
			j.Lane = r.String()
		case 7:
			j.State = follow.State(r.String())
		case 8:
			j.Attempts = int(r.Int())
		case 9:
			j.Due = r.Time()
		case 10:
			j.Lease = r.String()
		case 11:
			j.CreatedAt = r.Time()
		case 12:
			j.Since = r.Time()
		case 13:
			j.EndedAt = r.Time()
		case 14:
			j.Result = r.String()
		case 15:
			j.LastError = r.String()
		case 16:
			r.Record(func(r *rowcodec.Reader) { j.Tries = append(j.Tries, decodeTry(r)) })
		}
	}
	return j
}

func tryRow(try follow.Try) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.Time(1, try.At)
		w.Int(2, int64(try.Took))
		w.String(3, try.Outcome)
		w.String(4, try.Error)
	}
}

func decodeTry(r *rowcodec.Reader) (try follow.Try) {
	for r.Next() {
		switch r.Field() {
		case 1:
			try.At = r.Time()
		case 2:
			try.Took = time.Duration(r.Int())
		case 3:
			try.Outcome = r.String()
		case 4:
			try.Error = r.String()
		}
	}
	return try
}

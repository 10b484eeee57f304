package follow

import (
	"errors"
	"time"
)

// Done is what came of a job that was done.
type Done[T Tx] struct {
	// Result is one word or number about it, which the job and its last try keep.
	Result string

	// Commit writes what the job resulted in, inside the transaction that ends the job: either both are there or
	// neither, and it is committed once, whatever dies. It may run more than once and does no I/O. If it fails, or
	// panics, the try has failed, as if Do had returned its error. nil writes nothing.
	Commit func(T) error
}

// Refused is the error of a job that no further try would help: it fails at once.
type Refused struct{ Err error }

func (e *Refused) Error() string { return textOf(e.Err, "refused") }

// Unwrap returns what was refused.
func (e *Refused) Unwrap() error { return e.Err }

// Unwanted is the error of a job that need not be done any more, which was found out before it was tried: it is cancelled.
type Unwanted struct{ Err error }

func (e *Unwanted) Error() string { return textOf(e.Err, "not wanted any more") }

// Unwrap returns why it is not wanted.
func (e *Unwanted) Unwrap() error { return e.Err }

// Later is the error of a try after which the other side has said when the next one may be.
type Later struct {
	After time.Duration // from now; zero or less: when it would be anyway
	Err   error
}

func (e *Later) Error() string { return textOf(e.Err, "not now") }

// Unwrap returns why it is to be tried later.
func (e *Later) Unwrap() error { return e.Err }

// Outcome is what an error that Do returns may implement, itself or in its chain, to give the [Try] an outcome, such as
// a status code.
type Outcome interface {
	error
	Outcome() string
}

// ErrLost is the cause with which the context of Do ends when the job is not the worker's any more: it was cancelled,
// or the lease ran out. What Do returns then counts only if nobody else has begun or ended the job.
var ErrLost = errors.New("the job was cancelled, or taken by another worker")

func textOf(err error, none string) string {
	if err == nil {
		return none
	}
	return err.Error()
}

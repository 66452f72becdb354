// The services between the language and the machine: files, checkpoints, pictures, progress.
//
// One file is one service. Nothing here knows the language, prints, or keeps state: a service turns
// values into bytes or text and back, and `AtomicFile` is the only one that writes.
//
//   files        FileError, AtomicFile            bytes in and out, whole or not at all
//   contents     DataError, ByteReader            what a file holds, read within its bounds
//   numbers      ElementFormat, Npy, Zip, Npz, Csv, Json, Safetensors, Checkpoint
//   pictures     Svg, Png, ColourScale, Ticks, Heatmap, LineChart, Figure; `+Terminal` as text
//   text         NumberText, TensorText, Summary, Progress
//
// Three promises hold throughout. Bytes from outside never trap and never cause an allocation that
// the file's own size does not justify. A problem is a `FileError` (the machine said no) or a
// `DataError` (the content is not what it claims). The same values give the same bytes.

import type { Call, History, Run } from "../training.js";
import type { Image } from "./image.js";
import type { Known } from "./news.js";
import type { Progress } from "./options.js";
import type { Parcel } from "./parcels.js";
import type { Outcome, Setup } from "./session.js";
import type { StreamSetup } from "./stream.js";
import type { Seat } from "./team.js";
import type { ThinkSetup } from "./thinking.js";

/** What a session is to do. */
export type Errand =
  | { readonly type: "train"; readonly setup: Setup }
  | { readonly type: "stream"; readonly setup: StreamSetup }
  | { readonly type: "think"; readonly setup: ThinkSetup };

/** What the calling thread tells the worker. */
export type ToWorker =
  | (Errand & { readonly seat: Seat | undefined })
  /** Rows of the errand that has come last. */
  | { readonly type: "parcel"; readonly parcel: Parcel }
  /** The batch that was asked for; nothing at the end of an epoch. */
  | { readonly type: "batch"; readonly run: Run | undefined }
  /** Take a place in a team until its run is over. */
  | { readonly type: "assist"; readonly seat: Seat }
  /** The team has parted. */
  | { readonly type: "leave" }
  | { readonly type: "answer"; readonly answer: boolean }
  /** Bytes of an image that came from there, for another. */
  | { readonly type: "spare"; readonly spare: Image }
  | { readonly type: "stop" };

/** What the worker tells. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly progress: Progress; readonly known: Known | undefined }
  | { readonly type: "next" }
  /** The network between two steps, or that it is not told of each of them any more. */
  | { readonly type: "reached"; readonly known: Known | undefined }
  | { readonly type: "call"; readonly call: Call; readonly known: Known | undefined }
  | { readonly type: "end"; readonly outcome: Omit<Outcome, "error"> & { readonly error?: SentError } }
  | { readonly type: "failure"; readonly error: SentError };

/** An error as it is sent, since a clone would be no `TrainingError`. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  /** Of a `TrainingError`. */
  readonly at?: { readonly iteration: number; readonly epoch: number; readonly loss: number; readonly history: History };
}

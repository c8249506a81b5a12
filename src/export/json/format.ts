/** What the document says of itself. A reader knows all versions up to its own. */
export const FORMAT = "feedforward weights";
export const VERSION = 1;

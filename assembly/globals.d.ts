/** Whether calls can be cut: asconfig.json decides (`use`). */
declare const CUTS: bool;
